"""The figures as rows of a CSV file (pure): one row a figure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from detections.incidents.figures.measures import MEASURES, FiguresRow
from detections.incidents.figures.queries import ClassCount, RuleNoise

HEADER = ("figure", "month", "severity", "name", "n", "median_seconds", "p90_seconds", "value")
# A cell that begins so would be a formula in a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
Cell = str | int | float | None


def csv_rows(
    rows: Sequence[FiguresRow], classes: Sequence[ClassCount], noise: Sequence[RuleNoise]
) -> Iterator[Sequence[Cell]]:
    """Empty cells are what a figure does not have; a month or severity that is empty is all of them."""
    for row in rows:
        month, severity = row.month, f"SEV-{row.severity}" if row.severity else ""
        yield "incidents", month, severity, "", row.incidents, None, None, row.incidents
        for measure in MEASURES:
            spread = row.spreads[measure.key]
            yield measure.name, month, severity, "", spread.n, _number(spread.median), _number(spread.p90), None
        yield "alerts per incident", month, severity, "", row.incidents, None, None, round(row.alerts_per_incident, 2)
    for each in classes:
        yield "incidents by bug class", "", "", _text(each.name), each.incidents, None, None, each.incidents
    for rule in noise:
        yield "noise ratio", "", "", _text(rule.rule), rule.judged, None, None, round(rule.noise / rule.judged, 4)


def _number(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)


def _text(name: str) -> str:
    return f"'{name}" if name.startswith(_FORMULA) else name
