"""Pure: the record behind a firing, its sentence, and the check that its numbers follow from each other (no ORM).

`Evidence.data` holds `Record` as plain data. p and z follow from the baseline's figures by the same functions that the
evaluation used, so `recompute` gives the stored p to the last bit.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import numpy as np

from detections.rules.spec import describe
from detections.rules.statistics import estimator as baseline
from detections.rules.statistics.tails import Floats, Method, tail, z_score

ENGINE = 1  # raise when the same figures would give another p
EVENTS_KEPT = 20  # newest events named in a record: enough to look at, small in the row


class BaselineFigures(msgspec.Struct, frozen=True):
    """The estimate that was compared with. Windows are non-overlapping ones; events are weighted."""

    hour: datetime
    established: bool
    covered_hours: float
    missing_hours: float
    excluded_hours: int
    down_weighted_hours: int
    events: float  # S
    exposure: float  # T, windows
    factor_events: float  # S_c
    factor_expected: float  # E_c
    dispersion_raw: float  # phi_hat
    hour_dispersion_raw: float
    hour_exposure: float
    mean: float  # m of a window
    factor: float  # f
    dispersion: float  # phi_p
    exceed: int  # least counts: of a window,
    high: int  # of a window at the high level,
    hour_limit: int  # of 60 minutes
    alpha: float


class Record(msgspec.Struct, frozen=True):
    """What a firing stands on."""

    engine: int
    rule: str
    version: int
    project: str
    environment: str
    group: str
    source: str
    slot_end: datetime
    window_minutes: int
    count: int  # events of the aligned window
    busiest: int  # events of the busiest sliding window that ends in the slot's minute
    busiest_end: datetime | None
    before: int  # events of the window before it
    hour: int  # events of the last 60 minutes
    severity: int
    reasons: list[str]
    limit: int | None
    method: Method
    events: list[str]
    late: bool = False
    shadow: bool = False
    signature: str = ""
    cause: str = ""
    owner: str = ""
    exact: bool = True  # False: too many events to look at each; `busiest` is then the aligned count
    baseline: BaselineFigures | None = None
    p: float | None = None
    z: float | None = None


def as_data(record: Record) -> dict[str, Any]:
    data: dict[str, Any] = msgspec.to_builtins(record)
    return data


def read(data: dict[str, Any]) -> Record:
    """Raises msgspec.ValidationError where `data` is no record."""
    return msgspec.convert(data, Record)


def chance(count: int, figures: BaselineFigures, method: Method) -> tuple[float, float]:
    """(p, z) of a window's count, from the figures' own sums. p is P(Y >= count) if nothing is wrong."""
    S, T = _array(figures.events), _array(figures.exposure)
    mean = baseline.usual(S, T) * baseline.hour_factor(_array(figures.factor_events), _array(figures.factor_expected))
    dispersion = baseline.predictive(baseline.shrunk(_array(figures.dispersion_raw), S), T)
    spread = np.ones_like(dispersion) if method == "poisson_tail" else dispersion
    return float(tail(count, mean, spread)[0]), z_score(count, float(mean[0]), float(spread[0]))


def recompute(record: Record) -> float | None:
    """p from the record's sums; equal to `record.p`. None where no established baseline was compared with."""
    if record.baseline is None or not record.baseline.established:
        return None
    return chance(record.count, record.baseline, record.method)[0]


def sentence(record: Record) -> str:
    """The evidence in one sentence: what was seen, what is usual or needed, what it probably is."""
    seen = f"{describe.errors(record.busiest)} in {describe.minutes(record.window_minutes)}"
    cause = f" Likely cause: {record.cause}." if record.cause else ""
    if record.signature and not any(not r.startswith("signature") for r in record.reasons):
        return f"{seen}, matching the known failure “{record.signature}”.{cause}"
    figures = record.baseline
    if figures is None or not figures.established or record.p is None:
        limit = "" if record.limit is None else f"; fires from {record.limit} while it is learnt"
        return f"{seen}. {describe.learning(figures.covered_hours if figures else None)}{limit}.{cause}"
    counted = f"{describe.errors(record.count)} in {describe.minutes(record.window_minutes)}"
    return f"{counted} where {_usual(figures.mean)} are usual (fires from {record.limit}); {_odds(record.p)}.{cause}"


def _usual(mean: float) -> str:
    return f"{mean:.0f}" if mean >= 10 else f"{mean:.1f}" if mean >= 0.1 else "almost none"


def _odds(p: float) -> str:
    if p > 0.5:
        return "nothing unusual by chance"
    if p < 1e-9:
        return "by chance less than once in a billion windows"
    once = 1 / p
    digits = 10 ** max(0, len(str(int(once))) - 1)
    return f"by chance once in {round(once / digits) * digits:,} windows"


def _array(value: float) -> Floats:
    return np.array([value], dtype=np.float64)
