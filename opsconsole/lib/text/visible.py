"""Characters that change the direction in which text is shown, and addresses that are safe to link to (pure)."""

from __future__ import annotations

import re

# Marks, embeddings, overrides and isolates of Unicode's bidirectional algorithm: `photo\u202egnp.exe` is shown as
# `photoexe.png`.
_DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# Controls, and what stands for bytes that are no text.
_UNREADABLE = re.compile("[\x00-\x1f\x7f-\x9f\ufffd]")
_WEB = re.compile(r"(?i)(?:https?://[^\s/?#\x00-\x1f]+|mailto:[^\s@\x00-\x1f]+@)[^\s\x00-\x1f]*")


def changes_direction(text: str) -> bool:
    """Whether a text has characters that make it look like another one."""
    return not text.isascii() and _DIRECTION.search(text) is not None


def visible(text: str) -> str:
    """A name with these characters written out: `photo\\u202egnp.exe`."""
    if text.isascii():
        return text
    return _DIRECTION.sub(_written_out, text)


def name_refusal(name: str) -> str:
    """Why a file's name is not shown as it is written, and what to do; empty if it is."""
    shown = _UNREADABLE.sub(_written_out, visible(name))[:100]
    if changes_direction(name):
        return f"{shown} has marks in its name that reverse how it reads; rename it"
    if _UNREADABLE.search(name):
        return f"{shown} has characters in its name that cannot be shown; rename it"
    return ""


def _written_out(match: re.Match[str]) -> str:
    return f"\\u{ord(match.group()):04x}"


def is_web_address(address: object) -> bool:
    """Whether an address may be a link: http, https or mailto, so that no script runs in the console's origin."""
    return isinstance(address, str) and _WEB.fullmatch(address) is not None and not changes_direction(address)
