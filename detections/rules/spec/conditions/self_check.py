"""Pure: the condition of a rule that watches whether this console does its work (no ORM)."""

from __future__ import annotations

from typing import ClassVar, Literal

from detections.rules.spec.conditions.base import Condition
from detections.rules.spec.primitives import SeverityName, SpecPart

# What is checked, by the name under which it alerts.
SelfCheckName = Literal["digest", "evaluation", "verdicts", "delivery", "escalation", "target", "source", "prober"]
SELF_CHECKS: dict[SelfCheckName, str] = {
    "digest": "accepted events wait for their digest",
    "evaluation": "the rules are behind",
    "verdicts": "verdicts wait to be applied to alerts",
    "delivery": "critical messages wait to be sent, or no target takes them",
    "escalation": "escalations are overdue",
    "target": "a target takes no messages",
    "source": "a source is silent for longer than its usual gaps",
    "prober": "runs of probes wait for a prober",
}


class SelfCheck(SpecPart, Condition, frozen=True, tag_field="kind", tag="self_check"):
    """A part of this console does not do its work. One alert a check, and for each target and source."""

    counts: ClassVar[bool] = False
    source: ClassVar[str] = "console"
    group_by: ClassVar[str] = "part"
    about: ClassVar[str] = "the console"
    fixture_words: ClassVar[str] = "failing checks"

    checks: tuple[SelfCheckName, ...] = ()  # empty: all
    severity: SeverityName = "critical"

    @property
    def chosen(self) -> tuple[SelfCheckName, ...]:
        return self.checks or tuple(SELF_CHECKS)

    def selects(self, where: str) -> str:
        return f"Watches whether this console does its work in {where}"

    def sentences(self) -> list[str]:
        return [f"When {SELF_CHECKS[check]}: {self.severity}." for check in self.chosen]

    def alert_severities(self) -> set[SeverityName]:
        return {self.severity}
