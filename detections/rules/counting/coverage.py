"""The covered minutes of sources: only in these, no events means zero."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

import numpy as np
from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Min
from numpy.typing import NDArray

from detections.rules.counting.minute_offsets import minutes_after
from detections.rules.spec.selector import CONFIG, CONSOLE
from detections.telemetry.count_models import Coverage
from detections.telemetry.models import ProjectEnvironment, Series
from opsconsole.lib.clock import MINUTE

CONNECTED_WITHIN = timedelta(hours=24)  # a log drain sends all the time; after a silent day it counts as not connected
# Sources that the console itself serves; any other one has to have delivered. Missing configuration reports are a
# finding of their own.
ALWAYS_CONNECTED: frozenset[str] = frozenset({Series.Source.SENTRY, CONFIG, CONSOLE})

Minutes = NDArray[np.bool_]


class CoveredMinutes:
    """The coverage of sources per minute of [start, end). One query."""

    def __init__(self, sources: Collection[str], start: datetime, end: datetime) -> None:
        self.start = start
        self.length = (end - start) // MINUTE
        self._lines: dict[tuple[str, int | None], Minutes] = {}
        self._known: dict[tuple[str, int, datetime | None], Minutes] = {}
        rows = Coverage.objects.filter(source__in=sources, minute__gte=start, minute__lt=end)
        per_source = rows.values("source", "project_id").annotate(offsets=ArrayAgg(minutes_after(start, "minute")))
        for source, project_id, offsets in per_source.values_list("source", "project_id", "offsets"):
            line = self._lines[source, project_id] = np.zeros(self.length, dtype=np.bool_)
            line[offsets] = True

    def minutes(self, source: str, environment: ProjectEnvironment) -> Minutes:
        """A flag per minute, oldest first; minutes before the environment's first event are not covered. Not to be
        written to: whoever asks for the same gets the same array."""
        key = (source, environment.project_id, environment.first_event_at)
        if key not in self._known:
            self._known[key] = self._minutes(source, environment)
        return self._known[key]

    def _minutes(self, source: str, environment: ProjectEnvironment) -> Minutes:
        covered = np.zeros(self.length, dtype=np.bool_)
        if environment.first_event_at is None:
            return covered
        for project_id in (None, environment.project_id):
            line = self._lines.get((source, project_id))
            if line is not None:
                covered |= line
        known_from = (environment.first_event_at.replace(second=0, microsecond=0) - self.start) // MINUTE
        covered[: max(0, known_from)] = False
        return covered


def first_covered(sources: Collection[str]) -> dict[tuple[str, int | None], datetime]:
    """By source and project (None: whole source), the first covered minute."""
    rows = Coverage.objects.filter(source__in=sources).values_list("source", "project_id").annotate(first=Min("minute"))
    return {(source, project_id): first for source, project_id, first in rows}


def connected_sources(now: datetime) -> set[tuple[str, int | None]]:
    """(source, project or None for all) of sources that delivered within CONNECTED_WITHIN."""
    rows = Coverage.objects.filter(minute__gt=now - CONNECTED_WITHIN, minute__lte=now)
    return set(rows.exclude(source__in=ALWAYS_CONNECTED).values_list("source", "project_id").distinct())
