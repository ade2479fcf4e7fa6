"""Reads of schedules with their runs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from bootstrap.checklists.models import Run, RunSchedule
from bootstrap.checklists.progress import Progress
from bootstrap.checklists.queries import progress_by_run, runs
from bootstrap.checklists.schedules.calendar import Period, upcoming

# Periods on the page of a schedule; older runs are found by the list of checklists.
HISTORY = 60
PREVIEWED = 5
_WITH = ("version__checklist", "environment__system", "closed_by")


@dataclass(frozen=True)
class ScheduleRow:
    """A schedule with its newest open run, the run that was closed last, and when the next one opens (not if paused).

    `progress` is that of the open run.
    """

    schedule: RunSchedule
    current: Run | None
    progress: Progress | None
    last: Run | None
    following: Period | None


def schedules() -> QuerySet[RunSchedule]:
    """All schedules, each with its checklist, environment, system and owner."""
    return RunSchedule.objects.select_related("checklist", "environment__system", "owner")


def matching(queryset: QuerySet[RunSchedule], words: str = "", paused: bool = False) -> QuerySet[RunSchedule]:
    """Those that have each of the words in title, subject, environment or owner; with `paused` only paused ones."""
    matches = queryset.filter(active=False) if paused else queryset
    for word in words.split():
        matches = matches.filter(
            Q(checklist__title__icontains=word)
            | Q(subject__icontains=word)
            | Q(environment__slug__icontains=word)
            | Q(environment__system__slug__icontains=word)
            | Q(owner__name__icontains=word)
        )
    return matches


def schedule_rows(found: Sequence[RunSchedule], now: datetime) -> list[ScheduleRow]:
    """Each schedule with its runs. Five statements, however many there are."""
    ids = [schedule.pk for schedule in found]
    current, last = _newest(ids, is_open=True), _newest(ids, is_open=False)
    progress = progress_by_run(current.values(), now)
    return [
        ScheduleRow(
            schedule,
            run := current.get(schedule.pk),
            progress.get(run.pk) if run else None,
            last.get(schedule.pk),
            following(schedule, now),
        )
        for schedule in found
    ]


def following(schedule: RunSchedule, now: datetime) -> Period | None:
    """The period that starts next; None while the schedule is paused."""
    return upcoming(schedule.cadence, now, 1)[0] if schedule.active else None


def history_of(schedule: RunSchedule, now: datetime) -> list[tuple[Run, Progress]]:
    """Its newest runs, the newest period first, with their progress at `now`; not those that were moved on. Four
    statements."""
    rows = _runs_of([schedule.pk]).select_related(*_WITH, "started_by").order_by("-period", "-pk")
    found = list(rows[:HISTORY])
    progress = progress_by_run(found, now)
    return [(run, progress[run.pk]) for run in found]


def _newest(ids: Collection[int], *, is_open: bool) -> dict[int, Run]:
    """By schedule id, the newest of its runs that are open, or closed."""
    rows = _runs_of(ids).filter(closed_at__isnull=is_open).select_related(*_WITH)
    newest = rows.order_by("schedule_id", "-period", "-pk").distinct("schedule_id")
    return {run.schedule_id: run for run in newest if run.schedule_id}


def _runs_of(ids: Collection[int]) -> QuerySet[Run]:
    return runs().filter(schedule__in=ids).exclude(outcome=Run.Outcome.MOVED)
