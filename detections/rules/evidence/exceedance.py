"""Pure: evidence of a rule that counts events (no ORM).

p and z follow from the baseline's figures by the same functions that the evaluation used, so `recompute` gives the
stored p to the last bit.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import msgspec
import numpy as np

from detections.rules.evidence.base import EvidenceRecord
from detections.rules.spec import describe
from detections.rules.statistics import estimator as baseline
from detections.rules.statistics.tails import Floats, Method, tail, z_score

ENGINE = 1  # raise when the same figures would give another p
MOST_TIMES = 1000  # beyond so many times the usual the factor says nothing more
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


class ExceedanceEvidence(EvidenceRecord, frozen=True, kw_only=True):
    """Counts of a scope's window, what they were compared with, and the newest events in it."""

    name: ClassVar[str] = "exceedance"
    guesses_cause: ClassVar[bool] = True
    concerns_route: ClassVar[bool] = True
    recovering: ClassVar[str] = "The errors have stopped: watch it. It resolves by itself when they stay away."

    window_minutes: int
    count: int  # events of the aligned window
    busiest: int  # events of the busiest sliding window that ends in the slot's minute
    busiest_end: datetime | None
    before: int  # events of the window before it
    hour: int  # events of the last 60 minutes
    limit: int | None
    method: Method
    events: list[str]
    signature: str = ""
    exact: bool = True  # False: too many events to look at each; `busiest` is then the aligned count
    baseline: BaselineFigures | None = None
    p: float | None = None
    z: float | None = None

    @property
    def largest(self) -> int:
        """The count that the evaluation keeps, and every text about it names: of the busiest window, aligned or not."""
        return max(self.count, self.busiest)

    def sentence(self) -> str:
        """What was counted, what is usual or needed, what it probably is."""
        counted = f"{describe.errors(self.largest)} in {describe.minutes(self.window_minutes)}"
        cause = f" Likely cause: {self.cause}." if self.cause else ""
        if self._known_failure_only:
            return f"{counted}, matching the known failure “{self.signature}”.{cause}"
        figures = self.baseline
        if figures is None or not figures.established or self.p is None:
            limit = "" if self.limit is None else f"; fires from {self.limit} while it is learnt"
            days = describe.learnt_days(figures.covered_hours if figures else None)
            return f"{counted}. Baseline: {days}{limit}.{cause}"
        odds = _odds(self.p, of_fewer=self.largest > self.count)
        return f"{counted} where {_usual(figures.mean)} are usual (fires from {self.limit}){odds}.{cause}"

    def headline(self) -> str:
        """`4 errors in 5 min, 60 times the usual`."""
        counted = f"{describe.errors(self.largest)} in {self.window_minutes} min"
        if self._known_failure_only:
            return f"{counted}, a known failure"
        figures = self.baseline
        if figures is None or not figures.established:
            return counted if self.limit is None else f"{counted}, fires from {self.limit} while it is learnt"
        times = self.largest / figures.mean if figures.mean else MOST_TIMES
        if times >= MOST_TIMES:
            return f"{counted} where almost none are usual"
        return f"{counted}, {times:,.0f} times the usual" if times >= 2 else f"{counted}, fires from {self.limit}"

    @property
    def _known_failure_only(self) -> bool:
        return bool(self.signature) and all(reason.startswith("signature") for reason in self.reasons)

    def agrees(self) -> bool:
        return self.recompute() == self.p

    def recompute(self) -> float | None:
        """p from the record's sums; equal to the stored `p`. None where no established baseline was compared with."""
        if self.baseline is None or not self.baseline.established:
            return None
        return chance(self.count, self.baseline, self.method)[0]

    def rows(self) -> list[tuple[str, str]]:
        window = f"{self.window_minutes} min"
        learnt = self.baseline is not None and self.baseline.established
        limit = f"{self.limit:,} in {window}" if self.limit is not None else "known failures only"
        rows = [
            (f"Busiest {window}", f"{self.largest:,}"),
            (f"The {window} of whole minutes", f"{self.count:,}"),
            (f"The {window} before", f"{self.before:,}"),
            ("Last hour", f"{self.hour:,}"),
            ("Threshold", limit if learnt or self.limit is None else f"{limit} while it is learnt"),
            ("Decided by", ", ".join(self.reasons)),
            ("Source", self.source),
        ]
        if self.baseline is not None and learnt:
            rows.append(("Baseline", f"{self.baseline.mean:.2f} in {window}"))
        else:
            rows.append(("Baseline", describe.learnt_days(self.baseline.covered_hours if self.baseline else None)))
        if self.p is not None and self.z is not None:
            rows += [("Chance of this", f"{self.p:.3g}"), ("Standard deviations above", f"{self.z:.1f}")]
        return rows


def chance(count: int, figures: BaselineFigures, method: Method) -> tuple[float, float]:
    """(p, z) of a window's count, from the figures' own sums. p is P(Y >= count) if nothing is wrong."""
    S, T = _array(figures.events), _array(figures.exposure)
    mean = baseline.usual(S, T) * baseline.hour_factor(_array(figures.factor_events), _array(figures.factor_expected))
    dispersion = baseline.predictive(baseline.shrunk(_array(figures.dispersion_raw), S), T)
    spread = np.ones_like(dispersion) if method == "poisson_tail" else dispersion
    return float(tail(count, mean, spread)[0]), z_score(count, float(mean[0]), float(spread[0]))


def _usual(mean: float) -> str:
    return f"{mean:.0f}" if mean >= 10 else f"{mean:.1f}" if mean >= 0.1 else "almost none"


def _odds(p: float, *, of_fewer: bool) -> str:
    """How often chance makes so many, after a semicolon. `of_fewer`: p is of fewer errors than are named, so that it is
    a bound; '' where that bounds nothing."""
    if p > 0.5:
        return "" if of_fewer else "; nothing unusual by chance"
    if p < 1e-9:
        return "; by chance less than once in a billion windows"
    once = 1 / p
    digits = 10 ** max(0, len(str(int(once))) - 1)
    return f"; by chance {'less than ' if of_fewer else ''}once in {round(once / digits) * digits:,} windows"


def _array(value: float) -> Floats:
    return np.array([value], dtype=np.float64)
