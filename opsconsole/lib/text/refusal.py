"""The text of a refusal for a terminal, and what commands refuse alike (pure)."""

from __future__ import annotations

import argparse
import re

_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?]) +(?=[A-Z])")
INDENT = "  "


def for_terminal(text: str) -> str:
    """One sentence a line, so that what is wrong and what to do stand apart; the lines after the first are indented.

    A text that has lines already is returned as it is.
    """
    text = text.strip()
    return text if "\n" in text else f"\n{INDENT}".join(_BETWEEN_SENTENCES.split(text))


def not_empty(text: str) -> str:
    """A type of argparse: the value of an option that has no meaning when it is empty, as `"$UNSET"` gives it."""
    if not text.strip():
        raise argparse.ArgumentTypeError("the value is empty")
    return text
