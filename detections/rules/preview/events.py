"""Reads single events for a preview: a bounded number, the newest, within the minutes in which there are any."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import BigIntegerField, F, Func, Q, Value
from django.db.models.fields import DateTimeField
from django.db.models.functions import Left
from numpy.typing import NDArray

from detections.rules.evaluation.event_samples import CHUNK, TEXT
from detections.rules.evaluation.signatures import MICROSECOND, fitting
from detections.rules.preview.span import PreviewSpan
from detections.rules.spec.signature import Signature
from detections.telemetry.models import Event
from opsconsole.lib.clock import MINUTE

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

A_MINUTE = MINUTE // MICROSECOND
# Of each range its environment's events by their index: a quiet route in a busy environment reads its own minutes only.
IN_RANGES = """
SELECT found.* FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS range (place, first, last)
CROSS JOIN LATERAL ({} AND project_environment_id = range.place
    AND occurred_at >= range.first AND occurred_at < range.last) AS found
LIMIT %s
"""
TEXTS = ("exception_type", "logger", "text", "chain", "places")


@dataclass(frozen=True)
class SeenEvents:
    """Events, oldest first: series, issue, microseconds after the span's origin, and for each signature with a pattern
    which of them it matches."""

    series: Ints
    issues: Ints
    times: Ints
    fits: Mapping[int, Flags]

    def chosen(self, which: Flags) -> SeenEvents:
        return SeenEvents(
            self.series[which], self.issues[which], self.times[which], {n: f[which] for n, f in self.fits.items()}
        )

    @property
    def minutes(self) -> Ints:
        return self.times // A_MINUTE


_NONE: Ints = np.zeros(0, dtype=np.int64)
NO_EVENTS = SeenEvents(_NONE, _NONE, _NONE, {})


def first_minute(counts: Ints, most: int) -> int:
    """The minute from which on there are at most `most` events, those of the last one in any case (pure)."""
    from_end = np.cumsum(counts[::-1])
    return max(0, len(counts) - max(1, int(np.searchsorted(from_end, most, side="right"))))


def read(
    wanted: Mapping[int, Flags],
    series: Sequence[int],
    matching: Q,
    signatures: Sequence[Signature],
    span: PreviewSpan,
    most: int,
) -> SeenEvents:
    """The events of the series that match, in the wanted minutes of each environment; at most `most`. One query."""
    ranges = [(place, *each) for place, flags in wanted.items() for each in _ranges(flags)]
    if not ranges or not series:
        return NO_EVENTS
    earliest = span.origin + min(first for _, first, _ in ranges) * MINUTE
    patterns = {n: fitting(s) for n, s in enumerate(signatures) if not s.unreported}
    statement, parameters = _statement(matching & Q(series__in=series, received_at__gte=earliest), span, patterns)
    moments = [[span.origin + each[i] * MINUTE for each in ranges] for i in (1, 2)]
    found: list[tuple[int, ...]] = []
    with connection.cursor() as cursor:
        cursor.execute(statement, [[place for place, _, _ in ranges], *moments, *parameters, most])
        while rows := cursor.fetchmany(CHUNK):
            found += [(*row[:3], *_fitting(row[3:], patterns)) for row in rows]
    return _in_order(found, list(patterns))


def _fitting(texts: Sequence[Any], patterns: Mapping[int, Any]) -> Iterator[bool]:
    if patterns:
        exception, logger, text, chain, places = texts
        links = tuple((link.get("type", ""), link.get("value", "")) for link in json.loads(chain))
        yield from (fits(exception, logger, text, links, tuple(json.loads(places))) for fits in patterns.values())


def _statement(which: Q, span: PreviewSpan, patterns: Mapping[int, Any]) -> tuple[str, tuple[Any, ...]]:
    elapsed = Func(
        F("occurred_at"),
        Value(span.origin, DateTimeField()),
        template="(extract(epoch FROM %(expressions)s) * 1000000)::bigint",
        arg_joiner=" - ",
        output_field=BigIntegerField(),
    )
    columns = ["series_id", "issue_id", "at", *(TEXTS if patterns else ())]
    rows = Event.objects.filter(which).annotate(at=elapsed, text=Left("message", TEXT)).order_by().values_list(*columns)
    inner, parameters = rows.query.sql_with_params()
    return IN_RANGES.format(inner), parameters


def _ranges(flags: Flags) -> list[tuple[int, int]]:
    """[first, end) of each run of minutes."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _in_order(found: Sequence[tuple[int, ...]], patterns: Sequence[int]) -> SeenEvents:
    table = np.array(found, dtype=np.int64).reshape(len(found), 3 + len(patterns))
    table = table[table[:, 2].argsort(kind="stable")]
    fits = {n: table[:, 3 + at].astype(np.bool_) for at, n in enumerate(patterns)}
    return SeenEvents(table[:, 0].copy(), table[:, 1].copy(), table[:, 2].copy(), fits)
