"""Pure: the record behind an alert that a rule cannot be judged, its sentence, and the check that it agrees (no ORM).

`Evidence.data` holds `HealthRecord` as plain data, told apart by its field `shape`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from detections.rules.spec.schema import CONSOLE, SEVERITIES

ENGINE = 1  # raise when the same errors would give another severity
TAG_FIELD, TAG = "shape", "rule_health"
SCOPES_KEPT = 5  # one cause mostly shows in all of them; the rule's page lists the rest
ERROR_LENGTH = 300  # as much as an evaluation keeps
CAUSE_LENGTH = 300  # what an alert keeps of it


class Unjudged(msgspec.Struct, frozen=True):
    """One scope of the failing rule: what it groups, the version that was judged, the newest error (scrubbed)."""

    scope: int
    group: str
    version: int
    error: str

    @property
    def told(self) -> str:
        return self.group or "everything"


class HealthRecord(msgspec.Struct, frozen=True, tag_field=TAG_FIELD, tag=TAG):
    """What a firing stands on. `slots` are ends of slots, oldest first, in all of which each of `scopes` ended in an
    error; `total` counts the scopes of which `scopes` keeps the first few."""

    engine: int
    rule: str
    version: int
    project: str
    environment: str
    group: str  # the identifier of the rule that cannot be judged
    slot_end: datetime
    slots: list[datetime]
    scopes: list[Unjudged]
    total: int
    needed: int  # slots in a row
    worth: str  # severity as the rule's version words it
    severity: int
    reasons: list[str]
    source: str = CONSOLE
    shadow: bool = False
    late: bool = False
    cause: str = ""
    owner: str = ""


def agrees(record: HealthRecord) -> bool:
    """Whether severity and firing follow from what is in the record."""
    return bool(record.scopes) and len(record.slots) == record.needed and record.severity == SEVERITIES[record.worth]


def same(one: HealthRecord, other: HealthRecord) -> bool:
    """Whether both say the same of different slots: then one row of evidence serves both."""
    return msgspec.structs.replace(one, slot_end=other.slot_end, slots=other.slots) == other


def reasons(needed: int, worth: str) -> list[str]:
    return [f"{needed} errors in a row, {worth}" if needed > 1 else f"an error, {worth}"]


def cause(group: str, scopes: Sequence[Unjudged]) -> str:
    """Which rule, and the error of its first scope."""
    return f"{group} cannot be judged: {scopes[0].error}"[:CAUSE_LENGTH]


def sentence(record: HealthRecord) -> str:
    """Which rule, where, in which slots, by which error."""
    first, more = record.scopes[0], record.total - 1
    others = f" and {more} other scope{'s' if more > 1 else ''}" if more else ""
    return (
        f"{record.group}, version {first.version}, could not be judged on {first.told}{others} of "
        f"{record.project}/{record.environment} in {_slots(record.slots)}: {first.error}"
    )


def _slots(slots: Sequence[datetime]) -> str:
    first, last = (f"{end.astimezone(UTC):%H:%M}" for end in (slots[0], slots[-1]))
    return f"the {len(slots)} slots from {first} to {last} UTC" if len(slots) > 1 else f"the slot of {first} UTC"
