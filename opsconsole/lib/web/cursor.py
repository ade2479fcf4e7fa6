"""Cursors: a place in a list as opaque text in a URL (pure)."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import datetime

from opsconsole.lib.db.storable import storable

Value = int | str | datetime
_MAX_LENGTH = 1000  # characters; real cursors have some 60


class CursorError(ValueError):
    """The text is not a cursor of this list."""


def encode(values: Sequence[Value]) -> str:
    """The sort values of an item as text for `cursor=`."""
    plain = [[value.isoformat()] if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode().rstrip("=")


def decode(text: str, kinds: Sequence[type]) -> list[Value]:
    """The values of a cursor. Raises CursorError unless their types are `kinds`."""
    try:
        padded = text[:_MAX_LENGTH] + "=" * (-len(text) % 4)
        plain = json.loads(base64.urlsafe_b64decode(padded))
        values = [datetime.fromisoformat(value[0]) if isinstance(value, list) else value for value in plain]
    except (ValueError, binascii.Error, TypeError, IndexError, RecursionError):
        raise CursorError("this is no cursor; take the address in `next` as it is") from None
    if [type(value) for value in values] != list(kinds) or not all(_usable(value) for value in values):
        raise CursorError("this is the cursor of another list; take the address in `next` as it is")
    return values


def _usable(value: Value) -> bool:
    """Whether PostgreSQL can compare with the value."""
    if isinstance(value, datetime):
        return value.tzinfo is not None
    return not isinstance(value, str) or storable(value)
