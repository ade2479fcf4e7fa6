"""Finds what the open checklists of environments ask for variables and flags, and whether that is signed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from bootstrap.checklists.models import Item, SignOff, run_url
from bootstrap.checklists.queries import newest_sign_offs

# (environment id, application id, name of the variable or flag); application None: a checklist of no one application.
Subject = tuple[int, int | None, str]


@dataclass(frozen=True)
class Concern:
    """An item of an open run about a variable or a flag. `act` is the newest on it; `url` leads to it on its run."""

    key: str
    url: str
    value: str | None  # to set here, where it is no secret
    generator: str
    act: SignOff | None

    @property
    def done(self) -> bool:
        return self.act is not None and self.act.act == SignOff.Act.DONE


def items_about(environment_ids: Collection[int], names: Collection[str]) -> dict[Subject, Concern]:
    """By subject, the item about it in the newest open run that has one; a signed one first. Three queries.

    A flag stands under the application of its checklist, or under None where that is of no one application.
    """
    run = "section__version__runs"
    here = {f"{run}__environment__in": environment_ids, f"{run}__closed_at__isnull": True}
    columns = (
        "pk",
        "key",
        "values",
        f"{run}__pk",
        f"{run}__environment_id",
        f"{run}__environment__slug",
        f"{run}__environment__system__slug",
    )
    items = Item.objects.filter(**here).order_by(f"-{run}__started_at", f"-{run}__pk", "section__order", "order")
    variables = items.filter(variables__name__in=names).values_list(
        *columns, "variables__app_id", "variables__name", "variables__generator"
    )
    flags = items.filter(flag__name__in=names).values_list(
        *columns, "section__version__checklist__app_id", "flag__name"
    )
    rows = [*variables, *((*row, "") for row in flags)]
    acts = newest_sign_offs({row[3] for row in rows}, {row[0] for row in rows})
    found: dict[Subject, Concern] = {}
    for item, key, values, run_id, environment_id, slug, system, app, name, generator in rows:
        url = f"{run_url(system, slug, run_id)}#item-{key}"
        concern = Concern(key, url, values.get(slug, values.get("*")), generator, acts.get((run_id, item)))
        subject = (environment_id, app, name)
        if subject not in found or (concern.done and not found[subject].done):
            found[subject] = concern
    return found


def about(found: dict[Subject, Concern], environment_id: int, app_id: int, name: str) -> Concern | None:
    """The item about a variable or flag of an application there; one of a checklist of no one application else."""
    return found.get((environment_id, app_id, name)) or found.get((environment_id, None, name))
