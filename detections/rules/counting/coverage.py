"""Reads which minutes were covered: only there does no event mean zero."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

import numpy as np
from django.db.models import Min
from numpy.typing import NDArray

from detections.rules.spec.schema import CONFIG, CONSOLE
from detections.telemetry.count_models import Coverage
from detections.telemetry.models import ProjectEnvironment, Series
from opsconsole.lib.clock import MINUTE

CONNECTED_WITHIN = timedelta(hours=24)  # a log drain is chatty; a day of silence means that it is not there
# The console's own endpoints are always there; every other source has to have delivered. That a deployment's reports
# stay away is a finding of its own.
ALWAYS_CONNECTED: frozenset[str] = frozenset({Series.Source.SENTRY, CONFIG, CONSOLE})

Minutes = NDArray[np.bool_]


class Covered:
    """Coverage of some sources in [start, end), read in one query."""

    def __init__(self, sources: Collection[str], start: datetime, end: datetime) -> None:
        self.start = start
        self.length = (end - start) // MINUTE
        self._lines: dict[tuple[str, int | None], Minutes] = {}
        rows = Coverage.objects.filter(source__in=sources, minute__gte=start, minute__lt=end)
        for source, project_id, minute in rows.values_list("source", "project_id", "minute"):
            line = self._lines.setdefault((source, project_id), np.zeros(self.length, dtype=np.bool_))
            line[(minute - start) // MINUTE] = True

    def minutes(self, source: str, environment: ProjectEnvironment) -> Minutes:
        """One flag a minute, oldest first. Before the environment's first event nothing is known of it."""
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
    """The first covered minute by source and project (None: whole source)."""
    rows = Coverage.objects.filter(source__in=sources).values_list("source", "project_id").annotate(first=Min("minute"))
    return {(source, project_id): first for source, project_id, first in rows}


def connected_sources(now: datetime) -> set[tuple[str, int | None]]:
    """(source, project or None for all) that delivered lately."""
    rows = Coverage.objects.filter(minute__gt=now - CONNECTED_WITHIN, minute__lte=now)
    return set(rows.exclude(source__in=ALWAYS_CONNECTED).values_list("source", "project_id").distinct())
