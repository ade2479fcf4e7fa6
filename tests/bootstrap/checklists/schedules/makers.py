"""A schedule as a row, quarterly from 2026-01-01 at 09:00 UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from bootstrap.checklists.models import Run, RunSchedule
from tests.bootstrap import builders

Q2, Q3, Q4 = (datetime(2026, month, 1, 9, tzinfo=UTC) for month in (4, 7, 10))
QUARTER = 93


def make_schedule(**fields: Any) -> RunSchedule:
    """Of the checklist `setup` in demo/prod, whose version has no item; due at its first day."""
    environment = builders.environment()
    draft = builders.run(environment)
    checklist = draft.version.checklist
    draft.delete()
    values: dict[str, Any] = {
        "unit": "quarter",
        "starts_on": date(2026, 4, 1),
        "at": time(9),
        "zone": "UTC",
        "expires_after": QUARTER,
        "next_at": Q2,
        **fields,
    }
    schedule = RunSchedule(checklist=checklist, environment=environment, **values)
    schedule.full_clean()
    schedule.save()
    return schedule


def run_of(schedule: RunSchedule, period: str) -> Run:
    return schedule.runs.get(period=date.fromisoformat(period))
