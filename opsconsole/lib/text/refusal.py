"""The text of a refusal for a terminal (pure)."""

from __future__ import annotations

import re

_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?]) +(?=[A-Z])")
INDENT = "  "


def for_terminal(text: str) -> str:
    """One sentence a line, so that what is wrong and what to do stand apart; the lines after the first are indented.

    A text that has lines already is returned as it is.
    """
    text = text.strip()
    return text if "\n" in text else f"\n{INDENT}".join(_BETWEEN_SENTENCES.split(text))
