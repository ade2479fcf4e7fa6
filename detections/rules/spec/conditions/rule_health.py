"""Pure: the condition of a rule that watches whether other rules can be judged (no ORM)."""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta

from detections.rules.spec.conditions.base import Condition
from detections.rules.spec.primitives import SeverityName, SpecPart


class RuleHealth(SpecPart, Condition, frozen=True, tag_field="kind", tag="rule_health"):
    """Another rule cannot be judged: in a scope of it, the last `slots` slots all ended in an error.

    Rules of this kind are not looked at, so that a fault in this check cannot raise an alert about itself.
    """

    counts: ClassVar[bool] = False
    source: ClassVar[str] = "console"
    group_by: ClassVar[str] = "rule"
    about: ClassVar[str] = "rules"
    fixture_words: ClassVar[str] = "errors of other rules"

    slots: Annotated[int, Meta(ge=1, le=60)] = 3  # one may be a restart, three in a row are a fault
    severity: SeverityName = "high"  # a blind rule is as grave as what it would have seen at its commonest

    def selects(self, where: str) -> str:
        return f"Watches whether the other rules can be judged in {where}"

    def sentences(self) -> list[str]:
        row = f"{self.slots} slots in a row" if self.slots > 1 else "one slot"
        return [f"When judging a scope of another rule ended in an error {row}: {self.severity}."]

    def alert_severities(self) -> set[SeverityName]:
        return {self.severity}
