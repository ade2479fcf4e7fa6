"""What the page of a runbook shows of a version's text, stored with the version: reading a megabyte takes a second."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from bootstrap.importer.parsed_runbook import ParsedRunbook
from bootstrap.importer.review.lint import lint

# Contradictions: nobody reads more on a page.
MOST_NOTES = 200


def summarise(parsed: ParsedRunbook) -> dict[str, Any]:
    """Returns the facts at the head of the text as pairs, the first contradictions, and how many there are in all."""
    notes = lint(parsed)
    return {
        "facts": [list(fact) for fact in parsed.facts],
        "lint": [asdict(note) for note in notes[:MOST_NOTES]],
        "contradictions": len(notes),
    }
