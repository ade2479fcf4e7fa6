"""Pure: each slot of a scope judged over arrays, with `compare_with_limits` for each different input (no ORM)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from detections.rules.baseline.limits import Limits
from detections.rules.evaluation.compare_with_limits import Decision, WindowCounts, compare_with_limits
from detections.rules.preview.events import A_MINUTE, Flags, Ints, SeenEvents
from detections.rules.preview.span import PreviewSpan
from detections.rules.spec.conditions import Exceedance
from detections.rules.spec.schema import RuleSpec
from detections.rules.spec.signature import Signature
from detections.rules.statistics.sliding_window import busiest_of_slots

CLEAR, FIRING, NO_DATA = 0, 1, 2
SENTRY = "sentry"
MOST_NUMBERED = 2**62  # what numbers of 64 bits tell apart


@dataclass(frozen=True)
class SourceSlots:
    """Counts of one source at each slot: its window, the window before it, the hour; minutes of the window that were
    not covered; the minutes of window and the one before it, which no sliding window exceeds."""

    count: Ints
    before: Ints
    hour: Ints
    missing: Ints
    at_most: Ints


@dataclass(frozen=True)
class Judged:
    """By slot: outcome, the number of its decision (-1: none), the count of its busiest window as far as exact times
    were looked at (where they decide nothing, of whole minutes), the count of the window, and the number of its
    source."""

    outcome: Ints
    decision: Ints
    busiest: Ints
    count: Ints
    source: Ints
    decisions: Sequence[Decision]

    def at(self, slot: int) -> Decision | None:
        number = int(self.decision[slot])
        return self.decisions[number] if number >= 0 else None


def source_slots(line: Ints, covered: Flags, window: int, span: PreviewSpan) -> SourceSlots:
    """From counts and coverage per minute from the span's origin."""
    return SourceSlots(
        count=ending(line, window, span),
        before=ending(line, 2 * window, span) - ending(line, window, span),
        hour=ending(line, 60, span),
        missing=window - ending(covered.astype(np.int64), window, span),
        at_most=ending(line, window + 1, span),
    )


def ending(line: Ints, minutes: int, span: PreviewSpan) -> Ints:
    """The sum of the `minutes` that end with each slot."""
    summed = np.concatenate(([0], np.cumsum(line)))
    ends = summed[span.before + 1 : span.before + 1 + span.slots]
    return np.asarray(ends - summed[span.before + 1 - minutes : span.before + 1 - minutes + span.slots], np.int64)


def choose(sources: Sequence[SourceSlots], window: int) -> Ints:
    """By slot the number of the first source that was covered or counted in the window, else of the first."""
    chosen = np.zeros(len(sources[0].count), dtype=np.int64)
    for number in reversed(range(len(sources))):
        delivers = (sources[number].missing < window) | (sources[number].count > 0)
        chosen[delivers] = number
    return chosen


def undecided(condition: Exceedance | None, chosen: SourceSlots, by_floors: Flags) -> Flags:
    """The slots in which exact times decide which floor is reached: where floors hold and the counts leave it open."""
    if condition is None:
        return np.zeros(len(chosen.count), dtype=np.bool_)
    floors = condition.floors
    steps = np.array([n for n in (floors.medium, floors.high, floors.critical) if n is not None], dtype=np.int64)
    at_least, at_most = (np.searchsorted(steps, n, side="right") for n in (chosen.count, chosen.at_most))
    return np.asarray(by_floors & (at_least != at_most), dtype=np.bool_)


def signature_slots(
    signature: Signature, number: int, events: SeenEvents, lines: Mapping[str, Ints], span: PreviewSpan
) -> Flags:
    """The slots in which the signature holds; as `signatures.matched` says of one."""
    if signature.unreported:
        nothing = np.zeros(span.minutes, dtype=np.int64)
        router, reported = (
            ending(lines.get(source, nothing), signature.minutes, span) for source in ("router", SENTRY)
        )
        return np.asarray((router >= signature.times) & (reported == 0), dtype=np.bool_)
    if number not in events.fits:  # none were read
        return np.zeros(span.slots, dtype=np.bool_)
    times = events.times[events.fits[number]]
    return np.asarray(busiest(times, signature.minutes, span) >= signature.times, dtype=np.bool_)


def busiest(times: Ints, minutes: int, span: PreviewSpan) -> Ints:
    """By slot the most events in any `minutes` that end in its last minute."""
    return busiest_of_slots(times, span.before * A_MINUTE, A_MINUTE, span.slots, minutes * A_MINUTE)


def judge(
    spec: RuleSpec,
    chosen: SourceSlots,
    exact: Ints,
    limits: Sequence[Limits | None],
    hours: Ints,
    holds: Sequence[Flags],
    source: Ints,
) -> Judged:
    """`exact`: by slot the busiest sliding window of the events that are known; `limits` by hour, `hours` the number of
    each slot's hour; `holds` by signature."""
    most = np.maximum(exact, chosen.count)
    known = np.sum([flags.astype(np.int64) << n for n, flags in enumerate(holds)], axis=0, dtype=np.int64)
    numbers, different = _numbered(limits)
    figures = np.stack([numbers[hours], chosen.count, most, chosen.before, chosen.hour, known + np.zeros_like(most)])
    judged = np.flatnonzero((most > 0) | (figures[5] > 0))
    decision = np.full(len(most), -1, dtype=np.int64)
    inputs = _flattened(figures[:, judged], different)
    first, at = _distinct(inputs)
    decisions = [_decide(spec, different, row) for row in inputs[:, first].T.tolist()]
    decision[judged] = at
    fires = np.array([d.severity is not None for d in decisions] + [False], dtype=np.bool_)[decision]
    outcome = np.where(fires, FIRING, np.where(chosen.missing > 0, NO_DATA, CLEAR))
    return Judged(outcome, decision, most, chosen.count, source, decisions)


def _distinct(columns: Ints) -> tuple[Ints, Ints]:
    """The place of one of each of the different columns, and by column the number of its own."""
    sizes = columns.max(axis=1, initial=0) + 1
    if math.prod(sizes.tolist()) < MOST_NUMBERED:  # a number for each, which is sorted faster than columns
        numbers = np.ravel_multi_index(tuple(columns), tuple(sizes))
        _, first, at = np.unique(numbers, return_index=True, return_inverse=True)
    else:
        _, first, at = np.unique(columns, axis=1, return_index=True, return_inverse=True)
    return first, at.ravel()


def _numbered(limits: Sequence[Limits | None]) -> tuple[Ints, list[Limits | None]]:
    different = list(dict.fromkeys(limits))
    number = {each: n for n, each in enumerate(different)}
    return np.array([number[each] for each in limits], dtype=np.int64), different


def _flattened(figures: Ints, different: Sequence[Limits | None]) -> Ints:
    """With 0 for what lies before or in the hour and exceeds no limit, so that fewer inputs differ."""
    exceed = np.array([each.exceed if each else 0 for each in different], dtype=np.int64)[figures[0]]
    busy = np.array([each.hour if each else 0 for each in different], dtype=np.int64)[figures[0]]
    without = np.array([each is None for each in different], dtype=np.bool_)[figures[0]]
    figures = figures.copy()
    figures[3] = np.where(without | (figures[3] < exceed), 0, exceed)
    figures[4] = np.where(without | (figures[4] < busy), 0, busy)
    return figures


def _decide(spec: RuleSpec, different: Sequence[Limits | None], row: Sequence[int]) -> Decision:
    limits, count, most, before, hour, known = row
    counts = WindowCounts(count=count, busiest=most, before=before, hour=hour)
    signatures = [signature for n, signature in enumerate(spec.signatures) if known >> n & 1]
    return compare_with_limits(spec.exceedance, different[limits], counts, signatures)
