"""What the page of a runbook shows of a version's text, stored with the version: reading a megabyte takes a second."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import Any

from bootstrap.importer.markdown.render import render
from bootstrap.importer.parsed_runbook import ChecklistPart, ParsedRunbook
from bootstrap.importer.review.lint import lint

# Contradictions: nobody reads more on a page.
MOST_NOTES = 200


def checklist_title(part: ChecklistPart, runbook: str) -> str:
    """The title that a checklist is stored under: its own, else that of the runbook."""
    return (part.title or runbook)[:200]


def content_hash(parsed: ParsedRunbook) -> str:
    """The hash of a text written as ordinary markdown: an export has that of the text that it came from."""
    return hashlib.sha256(render(parsed.blocks).encode()).hexdigest()


def summarise(parsed: ParsedRunbook) -> dict[str, Any]:
    """Returns the facts at the head of the text as pairs, the first contradictions, how many there are in all, the
    titles of its checklists (a text without one is a document), and the hash of its content."""
    notes = lint(parsed)
    return {
        "facts": [list(fact) for fact in parsed.facts],
        "lint": [asdict(note) for note in notes[:MOST_NOTES]],
        "contradictions": len(notes),
        "checklists": [checklist_title(part, parsed.title) for part in parsed.checklists],
        "content": content_hash(parsed),
    }
