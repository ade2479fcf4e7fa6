"""Pure: evidence that a part of the console does not do its work (no ORM)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from types import MappingProxyType
from typing import ClassVar, Self

from detections.rules.evidence.base import SHAPE, EvidenceRecord
from detections.rules.spec.schema import SEVERITIES

ENGINE = 1  # raise when the same figures would give another severity
ADVICE = MappingProxyType(
    {
        "digest": "See that a worker runs and Redis answers: bin/manage doctor checks both.",
        "evaluation": "See that worker and beat run and Redis answers: bin/manage doctor checks all.",
        "verdicts": "See that a worker runs, and what its log says of the alerts' task.",
        "delivery": "See that a sender runs: bin/manage doctor says whether any takes messages.",
        "escalation": "See that worker and beat run: bin/manage doctor checks both.",
        "target": "Open the target in the admin, read its last error, mend it and send a test message.",
        "source": "See whether the application runs, and whether its DSN is that of the project.",
        "prober": "See that a prober runs: bin/run keeps one running, its log says what it waits for.",
    }
)


class SelfCheckEvidence(EvidenceRecord, frozen=True, kw_only=True, tag_field=SHAPE, tag="self_check"):
    """A check that failed; `group` is its name, with the target it concerns."""

    name: ClassVar[str] = "self_check"
    recovering: ClassVar[str] = "The check passes again: this resolves by itself when it stays so."

    check: str
    what: str  # a sentence without a full stop
    since: datetime
    worth: str  # severity as the rule's version words it

    def sentence(self) -> str:
        return f"{self.what[:1].upper()}{self.what[1:]}."

    def agrees(self) -> bool:
        return self.severity == SEVERITIES[self.worth]

    def repeats(self, earlier: Self) -> bool:
        """Without the ages in the sentence, which differ in each minute: the page shows them anew."""
        return (self.check, self.since, self.severity, self.version) == (
            earlier.check,
            earlier.since,
            earlier.severity,
            earlier.version,
        )

    def rows(self) -> Sequence[tuple[str, str]]:
        return [("What is wrong", self.what), ("Since", f"{self.since:%Y-%m-%d %H:%M} UTC")]

    def advice(self) -> tuple[str, ...]:
        return (ADVICE[self.check],) if self.check in ADVICE else ()
