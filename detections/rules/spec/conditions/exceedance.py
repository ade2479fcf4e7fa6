"""Pure: the condition of a rule that counts events in a window and compares the count (no ORM)."""

from __future__ import annotations

import itertools
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from detections.rules.spec.conditions.base import Condition
from detections.rules.spec.primitives import Count, SeverityName, SpecPart
from detections.rules.statistics.tails import ONE_SIDED_3_SIGMA, Method

METHODS = {
    "nb_tail": "chance explains less often than once in {odds} windows",
    "poisson_tail": "pure chance (Poisson) explains less often than once in {odds} windows",
    "mu_plus_k_sigma": "is more than the mean plus {k:g} standard deviations",
}


class Floors(SpecPart, frozen=True):
    """Absolute counts in a sliding window. None switches a step off."""

    medium: Count | None = 1
    high: Count | None = 3
    critical: Count | None = 10

    def __post_init__(self) -> None:
        steps = [n for n in (self.medium, self.high, self.critical) if n is not None]
        if any(a >= b for a, b in itertools.pairwise(steps)):
            raise ValueError("floors: must rise, medium < high < critical")


class Exceedance(SpecPart, Condition, frozen=True, tag_field="kind", tag="exceedance"):
    """More than usual: floors, and after a week the comparison with the baseline of the same scope.

    `floor_mode` always: floors stay in force beside the statistics. gated: after the baseline is established the
    floors count only where the statistics agree (docs/decisions/0003: medium at alpha, high at `high_alpha` or
    sustained or a busy hour, critical as high with the critical floor).
    """

    counts: ClassVar[bool] = True

    window_minutes: Annotated[int, Meta(ge=1, le=30)] = 5
    method: Method = "nb_tail"
    k: Annotated[float, Meta(ge=1, le=20)] = 3.0
    alpha: Annotated[float, Meta(gt=0, lt=0.5)] = ONE_SIDED_3_SIGMA
    high_alpha: Annotated[float, Meta(gt=0, lt=0.5)] = 1e-5
    hour_alpha: Annotated[float, Meta(gt=0, lt=0.5)] = 1e-4
    floors: Floors = Floors()
    floor_mode: Literal["always", "gated"] = "gated"
    early_from_hours: Annotated[int, Meta(ge=24, le=168)] | None = None  # statistics before the week is full
    alarms_per_week: Annotated[float, Meta(gt=0, le=10_000)] | None = None  # budget over all series; replaces alpha

    def sentences(self) -> list[str]:
        window = f"{self.window_minutes} minutes" if self.window_minutes > 1 else "minute"
        floors = self.floors
        steps = ((floors.medium, "medium"), (floors.high, "high"), (floors.critical, "critical"))
        listed = ", ".join(f"{least} or more errors are {word}" for least, word in steps if least is not None)
        odds = METHODS[self.method].format(odds=f"{1 / self.alpha:,.0f}", k=self.k)
        unusual = f"After a week a window that {odds} is unusual"
        if self.floor_mode == "always":
            return [
                f"In any {window}: {listed}. This holds before and after the baseline is established.",
                f"{unusual}: medium, or high when the window before it was unusual too.",
            ]
        return [
            f"Until a week has been observed, and after one without any error, in any {window}: {listed}.",
            f"{unusual}: medium. It is high with at least {floors.high} errors when it is far above usual, or the "
            f"window before it or the whole hour is unusual too; critical when it is high with at least "
            f"{floors.critical} errors.",
        ]

    def alert_severities(self) -> set[SeverityName]:
        by_floors: dict[SeverityName, bool] = {
            "high": self.floors.high is not None or self.floor_mode == "always",
            "critical": self.floors.critical is not None,
        }
        return {"medium", *(severity for severity, may_be in by_floors.items() if may_be)}
