"""Pure: the condition of a rule that reads the checks of probe runs (no ORM)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from msgspec import Meta

from detections.probes import program
from detections.rules.spec.conditions.base import Condition
from detections.rules.spec.primitives import SeverityName, SpecPart

NO_RUN: Final = program.NO_RUN  # a rule reads it only where it names it
CheckSeverity = Literal["high", "warn"]
TargetSlug = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,60}$")]
CheckId = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
NEVER_PAGES = "severities: a warn check never pages, so that alerts about one are medium"
PAGERS_LEFT_OUT = (
    "It reads warn checks, so its alerts never page: pagers and escalations are left out, whatever a policy says."
)


class ProbeCheckCondition(SpecPart, Condition, frozen=True, tag_field="kind", tag="probe_check"):
    """The newest run of a target has a check triggered. One alert a target and check.

    A check that is shown only, as a split that is but suspected, fires nothing; nor does an informational one.
    """

    counts: ClassVar[bool] = False
    source: ClassVar[str] = "probe"
    has_source_alone: ClassVar[bool] = False  # rules of before there were probes may wait for counts of it
    group_by: ClassVar[str] = "probe"
    about: ClassVar[str] = "probes"
    fixture_words: ClassVar[str] = "probe runs"

    targets: tuple[TargetSlug, ...] = ()  # empty: all
    checks: tuple[CheckId, ...] = ()  # empty: all but NO_RUN
    severities: Annotated[tuple[CheckSeverity, ...], Meta(min_length=1)] = ("high",)  # of the checks
    severity: SeverityName = "high"  # of the alerts

    def __post_init__(self) -> None:
        if self.never_pages and self.severity != "medium":
            raise ValueError(NEVER_PAGES)

    @property
    def never_pages(self) -> bool:
        return "warn" in self.severities and self._of_runs

    @property
    def _of_runs(self) -> bool:
        """Whether it reads any check of runs."""
        return self.checks != (NO_RUN,)

    def reads(self, check: str, severity: str) -> bool:
        """Whether it reads a check of this severity (`high`, `warn`, `info`); NO_RUN has none of its own."""
        if check == NO_RUN:
            return NO_RUN in self.checks
        return severity in self.severities and (not self.checks or check in self.checks)

    def selects(self, where: str) -> str:
        targets = f" of {', '.join(self.targets)}" if self.targets else ""
        checks = f", as far as it is {', '.join(self.checks)}" if self.checks else ""
        return f"Reads what the newest probe runs{targets} in {where} found{checks}"

    def sentences(self) -> list[str]:
        told = []
        if self._of_runs:
            named = " or ".join(dict.fromkeys(self.severities))
            told.append(f"For as long as a {named} check is triggered in the newest run: {self.severity}.")
        if NO_RUN in self.checks:
            told.append(f"For as long as no run of a target ends within three of its intervals: {self.severity}.")
        return [*told, PAGERS_LEFT_OUT] if self.never_pages else told

    def alert_severities(self) -> set[SeverityName]:
        return {self.severity}
