"""What stands in a postmortem's text for something of the record that still changes (pure)."""

from __future__ import annotations

import re
from collections.abc import Sequence

# As the heading: the name and title of the incident, as they are when the text is read.
TITLE = "{title}"
# On a line of its own: the list of action items, as they are when the text is read.
ACTION_ITEMS = "{action_items}"
NONE = "None yet."
_HEADING = re.compile(r"(?m)\A\s*^# +\{title\}[ \t]*$")
_LINE = re.compile(r"(?m)^[ \t]*\{action_items\}[ \t]*$")


def filled(text: str, title: str, items: Sequence[str]) -> str:
    """The text with the title and the action items, a line of markdown each, where it asks for them."""
    text = _HEADING.sub(lambda _: f"# {title}", text)
    shown = "\n".join(f"- {item}" for item in items) or NONE
    return _LINE.sub(lambda _: shown, text)
