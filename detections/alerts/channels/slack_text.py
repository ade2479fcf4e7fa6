"""Texts as Slack reads them (pure): & < and > are escaped where it would see mentions and links."""

from __future__ import annotations

from typing import Any

HEADER = 150
URL = 3000
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# A header is plain text, in which nothing is escaped.
_BRACKETS = str.maketrans({"<": "[", ">": "]"})


def escaped(text: str, limit: int) -> str:
    """The text with & < > escaped, cut to `limit` characters, never within an escape."""
    parts: list[str] = []
    length = 0
    for sign in text:
        part = _ESCAPES.get(sign, sign)
        length += len(part)
        if length >= limit:
            return "".join(parts) + "…"
        parts.append(part)
    return "".join(parts)


def link(url: str, text: str) -> str:
    """`text`, escaped already, as a link; by itself where the URL is none of the web."""
    if not url.startswith(("https://", "http://")):
        return text
    return f"<{escaped(url.replace('|', '%7C'), URL)}|{text.replace('|', '¦')}>"


def mrkdwn(text: str) -> dict[str, Any]:
    """Nothing in it is linked by itself."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def header(text: str) -> dict[str, Any]:
    """A block; a longer text is cut."""
    plain = text.translate(_BRACKETS)
    cut = plain if len(plain) <= HEADER else plain[: HEADER - 1] + "…"
    return {"type": "header", "text": {"type": "plain_text", "text": cut, "emoji": False}}
