"""Characters that change the direction in which text is shown, and addresses that are safe to link to (pure)."""

from __future__ import annotations

import re

# Marks, embeddings, overrides and isolates of Unicode's bidirectional algorithm: `photo\u202egnp.exe` is shown as
# `photoexe.png`.
_DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_WEB = re.compile(r"(?i)(?:https?://[^\s/?#\x00-\x1f]+|mailto:[^\s@\x00-\x1f]+@)[^\s\x00-\x1f]*")


def changes_direction(text: str) -> bool:
    """Whether a text has characters that make it look like another one."""
    return not text.isascii() and _DIRECTION.search(text) is not None


def visible(text: str) -> str:
    """A name with these characters written out: `photo\\u202egnp.exe`."""
    if text.isascii():
        return text
    return _DIRECTION.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def is_web_address(address: object) -> bool:
    """Whether an address may be a link: http, https or mailto, so that no script runs in the console's origin."""
    return isinstance(address, str) and _WEB.fullmatch(address) is not None and not changes_direction(address)
