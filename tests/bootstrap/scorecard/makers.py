"""Runs with levels, and the cells read of them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from bootstrap.checklists.models import ChecklistVersion, Item, Run
from bootstrap.checklists.version_queries import newest_versions
from bootstrap.scorecard.cells import ScorecardCell, moment_of, read_cells, with_first_open
from bootstrap.systems.models import Environment
from tests.bootstrap import builders
from tests.bootstrap.builders import NOON

LEVELS = ["Basic", "Full"]


def run_of(environment: Environment, *levels: str, slug: str = "setup", **fields: Any) -> Run:
    """An open run with an item of each of `levels`, keys `i1`, `i2`, …, started a month before NOON."""
    titled = {"title": slug, "app": environment.system.apps.first()}
    checklist, _ = environment.system.checklists.get_or_create(slug=slug, defaults=titled)
    number = checklist.versions.count() + 1
    version = ChecklistVersion.objects.create(
        checklist=checklist, number=number, content_hash=f"{number:064}", levels=LEVELS if any(levels) else []
    )
    started_at = fields.pop("started_at", datetime(2026, 5, 1, tzinfo=UTC))
    run = Run.objects.create(version=version, checklist=checklist, environment=environment, **fields)
    Run.objects.filter(pk=run.pk).update(started_at=started_at)
    for number, level in enumerate(levels, 1):
        builders.item(run, f"i{number}", level=level)
    return run


def item_of(run: Run, key: str) -> Item:
    return Item.objects.get(section__version=run.version_id, key=key)


def cells(now: datetime = NOON, day: date | None = None) -> list[ScorecardCell]:
    """All cells, with their first open items."""
    environments = list(Environment.objects.select_related("system").order_by("pk"))
    moment = moment_of(day, now)
    return with_first_open(read_cells(environments, list(newest_versions()), moment, now), moment)
