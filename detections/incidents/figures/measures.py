"""How fast incidents were detected, acknowledged and resolved (pure): one definition each, median and 90th percentile
by month and severity."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import NamedTuple

WEEK = timedelta(days=7)


class IncidentTimes(NamedTuple):
    """One incident, of thousands that are read at once. `started_at` is None where the start of impact is unknown or
    known to the day only."""

    severity: int
    declared_at: datetime
    started_at: datetime | None = None
    first_alert_at: datetime | None = None
    first_acknowledged_at: datetime | None = None
    resolved_at: datetime | None = None
    alerts: int = 0

    @property
    def month(self) -> str:
        """The month in which it was declared (UTC): `2026-06`."""
        at = self.declared_at if self.declared_at.tzinfo is UTC else self.declared_at.astimezone(UTC)
        return f"{at.year:04}-{at.month:02}"


@dataclass(frozen=True)
class Measure:
    """A time from one moment of an incident to another one."""

    key: str
    name: str
    meaning: str
    begin: Callable[[IncidentTimes], datetime | None]
    end: Callable[[IncidentTimes], datetime | None]
    # What an incident lacks that the measure leaves out, for its begin and its end.
    lacks: tuple[str, str]

    def seconds(self, times: IncidentTimes) -> float | None:
        """None where one of the moments is missing; 0 where the end came first."""
        begin, end = self.begin(times), self.end(times)
        return max((end - begin).total_seconds(), 0.0) if begin and end else None


MEASURES = (
    Measure(
        "detect",
        "MTTD",
        "Time to detect: from the start of impact to the first alert; 0 where the alert came first.",
        attrgetter("started_at"),
        attrgetter("first_alert_at"),
        ("with an unknown start of impact", "without an alert"),
    ),
    Measure(
        "acknowledge",
        "MTTA",
        "Time to acknowledge: from the first alert to the first acknowledgment of one of its alerts.",
        attrgetter("first_alert_at"),
        attrgetter("first_acknowledged_at"),
        ("without an alert", "with alerts that nobody acknowledged"),
    ),
    Measure(
        "resolve",
        "MTTR",
        "Time to resolve: from the start of impact to the time at which it was resolved.",
        attrgetter("started_at"),
        attrgetter("resolved_at"),
        ("with an unknown start of impact", "not resolved yet"),
    ),
)


@dataclass(frozen=True)
class Spread:
    """Median and 90th percentile in seconds, of `n` values; None where there are none."""

    n: int
    median: float | None
    p90: float | None


@dataclass(frozen=True)
class FiguresRow:
    """The figures of a month and a severity. `month` is '' for the whole time, `severity` 0 for all."""

    month: str
    severity: int
    incidents: int
    alerts: int
    spreads: Mapping[str, Spread]

    @property
    def alerts_per_incident(self) -> float:
        """The mean."""
        return self.alerts / self.incidents if self.incidents else 0.0


class _Measured(NamedTuple):
    """An incident with its seconds by each of MEASURES, reckoned once for all rows that it counts in."""

    times: IncidentTimes
    seconds: tuple[float | None, ...]


def percentile(values: Sequence[float], share: float) -> float:
    """Of sorted values, interpolated linearly between two of them, as PostgreSQL's percentile_cont and spreadsheets do.
    Raises IndexError where there are none."""
    place = (len(values) - 1) * share
    below = int(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (values[above] - values[below]) * (place - below)


def spread(values: Iterable[float | None]) -> Spread:
    """Of the values that are known."""
    known = sorted(value for value in values if value is not None)
    if not known:
        return Spread(0, None, None)
    return Spread(len(known), percentile(known, 0.5), percentile(known, 0.9))


def rows_of(times: Sequence[IncidentTimes]) -> list[FiguresRow]:
    """The whole time first, then each month, the newest first; in each all severities, then one row a severity where
    there are several."""
    columns = [map(measure.seconds, times) for measure in MEASURES]
    measured = [_Measured(each, seconds) for each, seconds in zip(times, zip(*columns, strict=True), strict=True)]
    by_month: dict[str, list[_Measured]] = {}
    for each in measured:
        by_month.setdefault(each.times.month, []).append(each)
    months = sorted(by_month.items(), reverse=True)
    return [row for month, inside in (("", measured), *months) for row in _rows_in(month, inside)]


def _rows_in(month: str, inside: Sequence[_Measured]) -> list[FiguresRow]:
    by_severity: dict[int, list[_Measured]] = {}
    for each in inside:
        by_severity.setdefault(each.times.severity, []).append(each)
    whole = [_row(month, 0, inside)] if len(by_severity) != 1 else []
    return [*whole, *(_row(month, severity, rows) for severity, rows in sorted(by_severity.items()))]


def _row(month: str, severity: int, inside: Sequence[_Measured]) -> FiguresRow:
    columns = zip(*(each.seconds for each in inside), strict=True) if inside else [()] * len(MEASURES)
    spreads = {measure.key: spread(column) for measure, column in zip(MEASURES, columns, strict=True)}
    return FiguresRow(month, severity, len(inside), sum(each.times.alerts for each in inside), spreads)


def left_out(times: Sequence[IncidentTimes]) -> list[tuple[str, str]]:
    """(`MTTD`, `2 whose start of impact is unknown, 1 without an alert`) for each measure that leaves some out."""
    said = []
    for measure in MEASURES:
        begin = sum(measure.begin(each) is None for each in times)
        end = sum(measure.begin(each) is not None and measure.end(each) is None for each in times)
        words = [f"{n} {lack}" for n, lack in zip((begin, end), measure.lacks, strict=True) if n]
        if words:
            said.append((measure.name, ", ".join(words)))
    return said


def per_week(times: Sequence[IncidentTimes], start: datetime, end: datetime) -> list[int]:
    """Incidents declared in each week from `start`, the last one up to `end`."""
    counts = [0] * max(-(-(end - start) // WEEK), 1)
    for each in times:
        counts[(each.declared_at - start) // WEEK] += 1
    return counts
