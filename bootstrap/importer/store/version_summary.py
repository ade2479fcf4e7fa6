"""What the page of a runbook tells of a version's text, kept with the version: reading a megabyte takes a second."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pgtrigger

from bootstrap.importer.parsed import Runbook
from bootstrap.importer.read import read_runbook
from bootstrap.importer.review.lint import lint
from bootstrap.runbooks.models import RunbookVersion

# Contradictions: nobody reads more on a page.
MOST_NOTES = 200


def digest(found: Runbook) -> dict[str, Any]:
    """The facts at the head of the text, and the first contradictions of how many."""
    notes = lint(found)
    return {
        "facts": [list(fact) for fact in found.facts],
        "lint": [{"line": note.line, "text": note.text} for note in notes[:MOST_NOTES]],
        "contradictions": len(notes),
    }


def digest_of(version: RunbookVersion) -> dict[str, Any]:
    """The digest that was stored with the version; one of before that is read, once in each process."""
    return _read(version.pk) if version.digest is None else version.digest


def keep_digest(found: Runbook, version: RunbookVersion) -> None:
    """Give a version that was stored before there were digests its own."""
    if version.digest is None:
        with pgtrigger.ignore("bootstrap.RunbookVersion:immutable"):
            RunbookVersion.objects.filter(pk=version.pk).update(digest=digest(found))


@lru_cache(maxsize=64)
def _read(pk: int) -> dict[str, Any]:
    return digest(read_runbook(RunbookVersion.objects.values_list("source", flat=True).get(pk=pk)))
