"""How values read in the admin: times with their zone on hover, ids short with the whole one on hover (pure)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

# Text between tags; the value of an attribute is never changed.
_TEXT = re.compile(r">([^<>]+)<")
_TIME = re.compile(r"\b(\d{4}-\d\d-\d\d) (\d\d:\d\d(?::\d\d)?) UTC")
# A hash, or a UUID with or without hyphens.
_ID = re.compile(r"[0-9a-f]{8}(?:[0-9a-f]{24,}|(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
# Django's icons of booleans: a red cross beside "late" reads as a fault.
_BOOLEAN = re.compile(r'<img src="[^"]*icon-(?:yes|no|unknown)\.svg" alt="(True|False|None)">')
_WORDS = {"True": "yes", "False": "no", "None": "unknown"}
SHORT = 8  # characters of an id that are shown


def cell(html: str) -> str:
    """A cell of a list, as HTML: its times as `<time>`, what is nothing but an id shortened, booleans in words."""
    return _worded(_TEXT.sub(lambda text: f">{_short(text[1]) or _timed(text[1])}<", html))


def value(html: str) -> str:
    """A value of a form that is only shown, as HTML: its times as `<time>`; ids stay whole, to be copied."""
    return _worded(_TEXT.sub(lambda text: f">{_timed(text[1])}<", f">{html}<")[1:-1])


def _worded(html: str) -> str:
    return _BOOLEAN.sub(lambda icon: _WORDS[icon[1]], html)


def _short(text: str) -> str:
    found = text.strip()
    return f'<span class="short-id" title="{found}">{found[:SHORT]}…</span>' if _ID.fullmatch(found) else ""


def _timed(text: str) -> str:
    return _TIME.sub(_time, text)


def _time(found: re.Match[str]) -> str:
    """The time as the pages write it (opsconsole.templatetags.console). The script admin.js adds the viewer's zone."""
    try:
        at = datetime.fromisoformat(f"{found[1]}T{found[2]}").replace(tzinfo=UTC)
    except ValueError:  # a text that only looks like one: 2026-13-01
        return found[0]
    return f'<time datetime="{at.isoformat()}" title="{found[0]}">{found[0]}</time>'
