"""Pure: what evidence of every kind has in common (no ORM).

`Evidence.data` holds one of these records as plain data. A record contains every figure that its severity follows
from, so that it can be checked again (`agrees`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, Self, TypedDict

import msgspec

CAUSE_LENGTH = 300  # what an alert keeps of it
SHAPE = "shape"  # the field of stored data that names the kind; counts of events have none


class SharedFields(TypedDict):
    """The fields that follow from the scope and slot alone, the same for every kind."""

    rule: str
    version: int
    project: str
    environment: str
    group: str
    source: str
    slot_end: datetime
    late: bool
    shadow: bool


class EvidenceFacts(TypedDict, total=False):
    """Facts of a message that evidence provides; they replace those of the alert."""

    host: str
    environment: str
    release: str
    events: int


class EvidenceRecord(msgspec.Struct, frozen=True, kw_only=True, tag_field=None):
    """The record behind a firing. A kind adds its own fields, a sentence and rows for the page."""

    # Names the template that shows it: templates/detections/alerts/evidence/<name>.html
    name: ClassVar[str]
    # Whether `cause` is a guess from a known failure; else it is what the evidence shows.
    guesses_cause: ClassVar[bool] = False
    # Whether a route of an application is behind it.
    concerns_route: ClassVar[bool] = False
    # What the page says while the alert recovers.
    recovering: ClassVar[str]

    engine: int  # of the calculation; raised when the same figures would give another severity
    rule: str
    version: int
    project: str
    environment: str
    group: str
    source: str
    slot_end: datetime
    severity: int
    reasons: list[str]
    late: bool = False
    shadow: bool = False
    cause: str = ""
    owner: str = ""

    @classmethod
    def shape(cls) -> str:
        """The value of SHAPE in stored data; empty where the kind is stored without."""
        return str(cls.__struct_config__.tag or "")

    @classmethod
    def read(cls, data: dict[str, Any]) -> Self:
        """Raises msgspec.ValidationError where `data` is no record of this kind."""
        return msgspec.convert(data, cls)

    def as_data(self) -> dict[str, Any]:
        """Plain data for `Evidence.data`; `read` gives the same record back."""
        data: dict[str, Any] = msgspec.to_builtins(self)
        return data

    def sentence(self) -> str:
        """The evidence in one sentence."""
        raise NotImplementedError

    def headline(self) -> str:
        """Why it fires, in a few words: the title of the alert's page."""
        return self.cause or self.sentence()

    def agrees(self) -> bool:
        """Whether the severity follows from the figures in the record."""
        raise NotImplementedError

    def repeats(self, earlier: Self) -> bool:
        """Whether `earlier`, of another slot, has the same content, so that one stored row serves both slots."""
        return False

    def rows(self) -> Sequence[tuple[str, str]]:
        """The figures as (name, value), for the page."""
        return ()

    def advice(self) -> Sequence[str]:
        """The first steps to take, a sentence each."""
        return ()

    def message_facts(self) -> EvidenceFacts:
        """Facts for messages about the alert."""
        return {}
