"""A postmortem's text as a document (pure)."""

from __future__ import annotations

import re

_TITLE = re.compile(r"\s*^# +(?P<title>[^\n]*?)[ \t#]*$\n?", re.MULTILINE)


def split_title(text: str) -> tuple[str, str]:
    """The heading of the first level that the text begins with, a line of markdown, and the text without it; '' and the
    whole text where it begins with something else."""
    found = _TITLE.match(text)
    return (found["title"], text[found.end() :]) if found and found["title"] else ("", text)
