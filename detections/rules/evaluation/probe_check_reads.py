"""Reads what the newest runs of probe targets found, as of a minute."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet, Subquery

from detections.probes.gate import STALE_INTERVALS
from detections.probes.models import ProbeCheck, ProbeRun, ProbeTarget
from detections.probes.program import probe
from detections.rules.evidence.probe_check import ProbeFailure, failure_of, in_words, short
from detections.rules.spec.conditions.probe_check import NO_RUN
from opsconsole.lib.clock import MINUTE

# How long a run counts as recent: the task that it sends runs within seconds, and the tick judges it otherwise.
RECENT = timedelta(minutes=2)
ALERTING = (probe.HIGH, probe.WARN)


class TargetRuns(NamedTuple):
    """A target with its runs that are done: the newest before a minute, those that ended in it, and when the newest of
    all ended."""

    slug: str
    name: str
    project_environment_id: int
    enabled: bool
    interval_minutes: int
    created_at: datetime
    before: int | None
    within: list[int]
    last_at: datetime | None

    @property
    def judged(self) -> list[int]:
        """The runs that say what held in the minute. One that ended in it counts even if another followed at once, so
        that the tick agrees with what was judged when it ended."""
        return self.within or ([self.before] if self.before else [])

    @property
    def patience(self) -> timedelta:
        return STALE_INTERVALS * self.interval_minutes * MINUTE

    def stale(self, end: datetime) -> bool:
        """Whether what the last run said is no longer known to hold. A new target has the same time for its first."""
        return (self.last_at or self.created_at) < end - self.patience


@dataclass(frozen=True)
class TriggeredCheck:
    """A check that is triggered, or NO_RUN, in a target; the fields are those of its evidence."""

    target: str
    target_name: str
    check: str
    check_severity: str
    run: int | None
    ended_at: datetime | None
    value: str = ""
    threshold: str = ""
    note: str = ""
    samples: int | None = None
    answered: int | None = None
    failure: ProbeFailure | None = None


def triggered(
    start: datetime, end: datetime, only: Collection[int] | None = None
) -> list[tuple[TargetRuns, TriggeredCheck]]:
    """What is wrong with targets (of the project environments `only`) in the minute [start, end). Two queries.

    A target that is switched off stays wrong no longer than one that is on could be without a run.
    """
    targets = [TargetRuns(*row) for row in _targets(start, end, only)]
    speaking = {run: each for each in targets if each.enabled or not each.stale(end) for run in each.judged}
    found = [(speaking[row["run_id"]], _as_check(speaking[row["run_id"]], row)) for row in _checks(speaking)]
    return found + [(each, _no_run(each)) for each in targets if each.enabled and each.stale(end)]


def places_of_bad_runs(now: datetime) -> set[int]:
    """The project environments in which a run ended within RECENT and found what may alert. One query, which looks up
    each target in the index of runs; a join would go over all runs that are kept."""
    bad = ProbeRun.objects.filter(
        target=OuterRef("pk"), state=ProbeRun.State.DONE, finished_at__gt=now - RECENT, severity__in=ALERTING
    )
    found = ProbeTarget.objects.annotate(bad=Subquery(bad.order_by().values("pk")[:1])).filter(bad__isnull=False)
    return set(found.order_by().values_list("project_environment_id", flat=True))


def _targets(start: datetime, end: datetime, only: Collection[int] | None) -> Iterable[Any]:
    """The rows of TargetRuns. The runs are looked up target by target in their index, never gone over as a whole."""
    done = ProbeRun.objects.filter(target=OuterRef("pk"), state=ProbeRun.State.DONE)
    newest = done.filter(finished_at__lt=end).order_by("-finished_at")
    rows = ProbeTarget.objects.annotate(
        before=Subquery(newest.filter(finished_at__lt=start).values("pk")[:1]),
        within=ArraySubquery(done.filter(finished_at__gte=start, finished_at__lt=end).values("pk")),
        last_at=Subquery(newest.values("finished_at")[:1]),
    )
    if only is not None:
        rows = rows.filter(project_environment__in=list(only))
    return rows.order_by("slug").values_list(*TargetRuns._fields)


def _checks(runs: Collection[int]) -> Iterable[dict[str, Any]]:
    """What is triggered in these runs and may alert, with what the report says of the run. The oldest run first."""
    rows: QuerySet[ProbeCheck] = ProbeCheck.objects.filter(
        run__in=list(runs), triggered=True, notify=True, severity__in=ALERTING
    )
    of_check = ("run_id", "check_id", "severity", "value", "threshold", "note")
    of_run = ("finished_at", "report__samples", "report__ok", "report__first_failure")
    found: Iterable[dict[str, Any]] = rows.order_by("run__finished_at", "pk").values(
        *of_check, *(f"run__{name}" for name in of_run)
    )
    return found


def _as_check(target: TargetRuns, row: dict[str, Any]) -> TriggeredCheck:
    return TriggeredCheck(
        target.slug,
        target.name,
        row["check_id"],
        row["severity"],
        row["run_id"],
        row["run__finished_at"],
        value=in_words(row["value"]),
        threshold=in_words(row["threshold"]),
        note=short(row["note"]),
        samples=row["run__report__samples"],
        answered=row["run__report__ok"],
        failure=failure_of(row["run__report__first_failure"]),
    )


def _no_run(target: TargetRuns) -> TriggeredCheck:
    minutes = target.patience // MINUTE
    run = next(iter(target.judged), None)
    return TriggeredCheck(
        target.slug, target.name, NO_RUN, "", run, target.last_at, threshold=f"{minutes} minutes" if minutes else ""
    )
