"""Pure: the condition of a rule that watches what this console itself can no longer see or do (no ORM)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from detections.rules.spec.conditions.base import Condition
from detections.rules.spec.primitives import SeverityName, SpecPart

# What is checked, by the name under which it alerts.
CheckName = Literal["cardinality"]
CHECKS: dict[CheckName, str] = {
    "cardinality": "a project sends more different routes or environments than are kept apart",
}


class ConsoleCheck(SpecPart, Condition, frozen=True, tag_field="kind", tag="console_health"):
    """The console sees less than is sent to it: a check fails for a project. One alert a check and project."""

    counts: ClassVar[bool] = False
    source: ClassVar[str] = "console"
    group_by: ClassVar[str] = "check"
    about: ClassVar[str] = "the console"
    fixture_words: ClassVar[str] = "counts beyond limits"

    checks: tuple[CheckName, ...] = ()  # empty: all
    window_minutes: Annotated[int, Meta(ge=1, le=60)] = 5
    severity: SeverityName = "high"

    @property
    def chosen(self) -> tuple[CheckName, ...]:
        return self.checks or tuple(CHECKS)

    def selects(self, where: str) -> str:
        return f"Watches whether this console sees all of {where}"

    def sentences(self) -> list[str]:
        window = f"{self.window_minutes} minutes" if self.window_minutes > 1 else "minute"
        return [f"When in the last {window} {CHECKS[check]}: {self.severity}." for check in self.chosen]

    def alert_severities(self) -> set[SeverityName]:
        return {self.severity}
