"""The runbooks that a rule's documentation links to (pure): headings and steps of documents, straight from an alert."""

from __future__ import annotations

import re

MOST = 5
_LINK = re.compile(r"\[(?P<words>[^\]\n]{1,120})\]\((?P<address>/runbooks/[^)\s<>\"]{1,300})\)")


def runbook_links(documentation: str) -> tuple[tuple[str, str], ...]:
    """(words, address) of each link in markdown to a runbook of this console, the first ones, each address once."""
    found = {match["address"]: match["words"].replace("`", "") for match in reversed([*_LINK.finditer(documentation)])}
    return tuple((words, address) for address, words in reversed(found.items()))[:MOST]
