"""Pure: evidence that the console sees less of a project than is sent (no ORM)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal, Self

import msgspec

from detections.rules.evidence.base import CAUSE_LENGTH, SHAPE, EvidenceRecord
from detections.rules.spec import describe
from detections.rules.spec.schema import SEVERITIES
from detections.rules.spec.selector import CONSOLE

ENGINE = 1  # raise when the same figures would give another severity


class ExceededLimit(msgspec.Struct, frozen=True):
    """A limit of names: of what, in which environment ('' for environments themselves), and the events beyond it."""

    what: Literal["routes", "environments"]
    environment: str
    kept: int
    events: int

    @property
    def label(self) -> str:
        """`more than 5,000 routes in prod`."""
        return f"more than {self.kept:,} {self.what}{f' in {self.environment}' if self.environment else ''}"

    @property
    def common_name(self) -> str:
        """Under which name the events beyond the limit are counted."""
        return "(other)" if self.what == "routes" else "other"


class ConsoleHealthEvidence(EvidenceRecord, frozen=True, kw_only=True, tag_field=SHAPE, tag="console_health"):
    """The limits that a project's events exceeded in the window; `group` is the name of the check."""

    name: ClassVar[str] = "console_health"
    recovering: ClassVar[str] = "All names find a place again: this resolves by itself when it stays so."

    limits: list[ExceededLimit]
    window_minutes: int
    worth: str  # severity as the rule's version words it
    source: str = CONSOLE

    def sentence(self) -> str:
        """Which project, which limits, how many events."""
        return f"{self.project} sends {named(self.limits)}: {beyond(self.limits, self.window_minutes)}."

    def agrees(self) -> bool:
        return bool(self.limits) and self.severity == SEVERITIES[self.worth]

    def repeats(self, earlier: Self) -> bool:
        """Without the events, which differ in each minute: the page counts them anew."""
        alike = [(limit.what, limit.environment) for limit in self.limits] == [
            (limit.what, limit.environment) for limit in earlier.limits
        ]
        return alike and (self.severity, self.version) == (earlier.severity, earlier.version)

    def rows(self) -> Sequence[tuple[str, str]]:
        return [
            (limit.label[0].upper() + limit.label[1:], f"{describe.errors(limit.events)} as {limit.common_name}")
            for limit in self.limits
        ]

    def advice(self) -> tuple[str, ...]:
        return (
            "See which routes are new: paths with ids that are not recognised, or made up by somebody with the DSN.",
            "Are they made up, make a new key for the application and revoke the old one.",
        )


def named(limits: Sequence[ExceededLimit]) -> str:
    return " and ".join(limit.label for limit in limits)


def beyond(limits: Sequence[ExceededLimit], minutes: int) -> str:
    """How many events of the window were counted under a common name."""
    counted = (f"{describe.errors(limit.events)} counted as {limit.common_name}" for limit in limits)
    return f"{', '.join(counted)} in {describe.minutes(minutes)}"


def cause(project: str, limits: Sequence[ExceededLimit]) -> str:
    return f"{project} sends {named(limits)}"[:CAUSE_LENGTH]
