"""Pure: base struct and types of a rule's content (no ORM)."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

SeverityName = Literal["medium", "high", "critical"]

Text = Annotated[str, Meta(max_length=300)]
Name = Annotated[str, Meta(max_length=100)]
Minutes = Annotated[int, Meta(ge=0, le=1440)]
Count = Annotated[int, Meta(ge=1, le=1_000_000)]


class SpecPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of all structs of a rule's content: immutable, without unknown fields."""
