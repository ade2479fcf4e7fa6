"""Pure: evidence that a rule cannot be judged (no ORM)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import ClassVar, Self

import msgspec

from detections.rules.evidence.base import CAUSE_LENGTH, SHAPE, EvidenceRecord
from detections.rules.spec.schema import SEVERITIES
from detections.rules.spec.selector import CONSOLE

ENGINE = 1  # raise when the same errors would give another severity
SCOPES_KEPT = 5  # one cause mostly shows in all of them; the rule's page lists the rest
ERROR_LENGTH = 300  # as much as an evaluation keeps


class FailedScope(msgspec.Struct, frozen=True):
    """One scope of the failing rule: group key, judged version and newest error (scrubbed)."""

    scope: int
    group: str
    version: int
    error: str

    @property
    def label(self) -> str:
        return self.group or "everything"


class RuleHealthEvidence(EvidenceRecord, frozen=True, kw_only=True, tag_field=SHAPE, tag="rule_health"):
    """Errors of another rule's scopes; `group` is the identifier of that rule.

    `slots` are ends of slots, oldest first, in all of which each of `scopes` ended in an error; `total` counts the
    scopes of which `scopes` keeps the first few.
    """

    name: ClassVar[str] = "rule_health"
    recovering: ClassVar[str] = "The rule is judged again: this resolves by itself when it stays so."

    slots: list[datetime]
    scopes: list[FailedScope]
    total: int
    needed: int  # slots in a row
    worth: str  # severity as the rule's version words it
    source: str = CONSOLE

    def sentence(self) -> str:
        """Which rule, where, in which slots, by which error."""
        first, more = self.scopes[0], self.total - 1
        others = f" and {more} other scope{'s' if more > 1 else ''}" if more else ""
        return (
            f"{self.group}, version {first.version}, could not be judged on {first.label}{others} of "
            f"{self.project}/{self.environment} in {_slots(self.slots)}: {first.error}"
        )

    def agrees(self) -> bool:
        return bool(self.scopes) and len(self.slots) == self.needed and self.severity == SEVERITIES[self.worth]

    def repeats(self, earlier: Self) -> bool:
        return msgspec.structs.replace(self, slot_end=earlier.slot_end, slots=earlier.slots) == earlier

    def advice(self) -> tuple[str, ...]:
        return ("Read the error below, and see whether it began with an edit of the rule.",)


def reasons(needed: int, worth: str) -> list[str]:
    return [f"{needed} errors in a row, {worth}" if needed > 1 else f"an error, {worth}"]


def cause(group: str, scopes: Sequence[FailedScope]) -> str:
    """The rule and the error of its first scope, at most CAUSE_LENGTH characters."""
    return f"{group} cannot be judged: {scopes[0].error}"[:CAUSE_LENGTH]


def _slots(slots: Sequence[datetime]) -> str:
    first, last = (f"{end.astimezone(UTC):%H:%M}" for end in (slots[0], slots[-1]))
    return f"the {len(slots)} slots from {first} to {last} UTC" if len(slots) > 1 else f"the slot of {first} UTC"
