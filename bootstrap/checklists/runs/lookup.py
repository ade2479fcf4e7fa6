"""Finds what a command names: an environment as `system/environment`, items by key."""

from __future__ import annotations

from collections.abc import Sequence

from bootstrap.checklists.models import Item, Run
from bootstrap.systems.models import Environment
from bootstrap.systems.queries import named
from opsconsole.lib.lookup import NotFound


def find_environment(path: str) -> Environment:
    """The environment of `raptor/prod`; the part after the slash may be an alias, in either case. Raises NotFound."""
    system, _, name = path.partition("/")
    environment = named(name).filter(system__slug=system.strip()).select_related("system").first()
    if environment is None:
        known = [each.path for each in Environment.objects.select_related("system")]
        raise NotFound("environment", path, known=known)
    return environment


def find_items(environment: Environment, keys: Sequence[str]) -> list[tuple[Run, Item]]:
    """The item of each key in the open runs of the environment, the newest run first. Raises NotFound."""
    runs = list(environment.runs.filter(closed_at=None).select_related("version__checklist", "environment__system"))
    if not runs:
        raise NotFound("open checklist", place=f"in {environment.path}")
    items: dict[str, tuple[Run, Item]] = {}
    for run in runs:
        for item in Item.objects.filter(section__version=run.version_id):
            items.setdefault(item.key, (run, item))
    if missing := [key for key in keys if key not in items]:
        raise NotFound("item", *missing, known=items, place=f"in the open checklists of {environment.path}")
    return [items[key] for key in dict.fromkeys(keys)]
