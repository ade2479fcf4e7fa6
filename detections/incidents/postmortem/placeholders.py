"""What stands in a postmortem's text for something of the record that still changes (pure)."""

from __future__ import annotations

import re
from collections.abc import Sequence

# On a line of its own: the list of action items, as they are when the text is read.
ACTION_ITEMS = "{action_items}"
NONE = "None yet."
_LINE = re.compile(r"(?m)^[ \t]*\{action_items\}[ \t]*$")


def filled(text: str, items: Sequence[str]) -> str:
    """The text with the action items, one markdown line each, where it asks for them."""
    shown = "\n".join(f"- {item}" for item in items) or NONE
    return _LINE.sub(lambda _: shown, text)
