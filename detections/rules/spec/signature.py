"""Pure: signatures of known failures (no ORM)."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from detections.rules.spec.patterns import PatternError, check_pattern
from detections.rules.spec.primitives import Count, Name, SeverityName, SpecPart, Text

# The fields of a signature that are patterns.
PATTERNS = ("exception", "logger", "message", "place")


class Signature(SpecPart, frozen=True):
    """A known failure: all its patterns must match. The first signature that matches names cause and owner.

    `exception` and `message` are matched against the event and each exception of its chain, both against the same one;
    `place` against `module:function` of its frames.
    """

    name: Name
    cause: Text
    owner: Name
    exception: Text = ""
    logger: Text = ""
    message: Text = ""
    place: Text | msgspec.UnsetType = msgspec.UNSET  # unset is not written out: older versions keep their hash
    syntax: Literal["substring", "regex"] = "substring"
    unreported: bool = False  # router 5xx lines on the scope while no event came
    times: Count = 1
    minutes: Annotated[int, Meta(ge=1, le=60)] = 5
    severity: SeverityName | None = None  # None: names the cause of what fires otherwise, fires nothing itself

    def __post_init__(self) -> None:
        if not self.place:
            msgspec.structs.force_setattr(self, "place", msgspec.UNSET)  # an empty one says no more than none
        if any(map(self.pattern, PATTERNS)) == self.unreported:
            raise ValueError(
                "message: give exception, logger, message or place, or set unreported; not both, not neither"
            )
        for field in PATTERNS:
            try:
                check_pattern(self.pattern(field), self.syntax)
            except PatternError as error:
                raise ValueError(f"{field}: {error}") from None

    def pattern(self, field: str) -> str:
        """The pattern of one of PATTERNS; '' matches anything."""
        return getattr(self, field) or ""
