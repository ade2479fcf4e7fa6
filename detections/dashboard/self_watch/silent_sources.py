"""Sources that have been silent for longer than their usual gaps."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise

from detections.dashboard.self_watch.checks import Failure
from detections.telemetry import queries
from detections.telemetry.count_models import HourCount
from detections.telemetry.models import ProjectEnvironment, Series
from opsconsole.lib.clock import floor_hour
from opsconsole.lib.text import humanize

LEAST = timedelta(hours=24)  # an application in use has an error within a day
LOOKED_AT = timedelta(days=14)
ACTIVE_HOURS = 24  # with fewer, gaps say nothing
HOUR = timedelta(hours=1)


def silent_sources(now: datetime) -> Iterable[Failure]:
    """A failure for each project environment that sent events in ACTIVE_HOURS of the two weeks before its newest, and
    has sent none since for LEAST and twice the longest gap between those hours. Hours without ingest are no silence.
    One query, one for each environment that is silent for a day, and one for the hours of ingest."""
    for place in queries.silent_environments(now, quiet_for=LEAST):
        newest = place.last_event_at
        if newest is None or newest < now - LOOKED_AT:
            continue  # longer silent than is looked at: known for long
        gap = _usual_gap(place, newest)
        if gap is not None and _silence(place, newest, now) > max(LEAST, 2 * gap):
            yield Failure(
                f"{place} has sent nothing for {humanize.duration((now - newest).total_seconds())}", place=place
            )


def _usual_gap(place: ProjectEnvironment, newest: datetime) -> timedelta | None:
    """The longest time between hours with events; None with too few of them."""
    rows = HourCount.objects.filter(
        series__project_environment=place, hour__gte=newest - LOOKED_AT, hour__lte=newest, n__gt=0
    )
    hours = list(rows.values_list("hour", flat=True).distinct().order_by("hour"))
    if len(hours) < ACTIVE_HOURS:
        return None
    return max(later - hour for hour, later in pairwise(hours))


def _silence(place: ProjectEnvironment, newest: datetime, now: datetime) -> timedelta:
    """The hours since the newest event in which ingest was up."""
    up = queries.covered(Series.Source.SENTRY, place.project_id, floor_hour(newest), now, HOUR)
    return sum(up) * HOUR
