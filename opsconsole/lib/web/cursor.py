"""Cursors: where a list was left off, as opaque text in an address (pure)."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import datetime

Value = int | str | datetime
_LONGEST = 1000  # a cursor of ours has some 60 characters


class CursorError(ValueError):
    """The text is no cursor of this list."""


def encode(values: Sequence[Value]) -> str:
    """The sort values of the last item shown, as text for `cursor=`."""
    plain = [[value.isoformat()] if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode().rstrip("=")


def decode(text: str, kinds: Sequence[type]) -> list[Value]:
    """The values that `encode` was given, which must be of `kinds`. Raises CursorError."""
    try:
        padded = text[:_LONGEST] + "=" * (-len(text) % 4)
        plain = json.loads(base64.urlsafe_b64decode(padded))
        values = [datetime.fromisoformat(value[0]) if isinstance(value, list) else value for value in plain]
    except (ValueError, binascii.Error, TypeError, IndexError, RecursionError):
        raise CursorError("this is no cursor; take the address in `next` as it is") from None
    if [type(value) for value in values] != list(kinds) or not all(_usable(value) for value in values):
        raise CursorError("this is the cursor of another list; take the address in `next` as it is")
    return values


def _usable(value: Value) -> bool:
    """Whether a database can compare with it."""
    if isinstance(value, datetime):
        return value.tzinfo is not None
    return not isinstance(value, str) or "\x00" not in value
