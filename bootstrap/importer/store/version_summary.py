"""The digest of a version's text, stored with the version: to parse a megabyte takes a second."""

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


def digest(runbook: Runbook) -> dict[str, Any]:
    """Facts, the first MOST_NOTES contradictions and the number of all, as the page of a runbook shows them."""
    notes = lint(runbook)
    return {
        "facts": [list(fact) for fact in runbook.facts],
        "lint": [{"line": note.line, "text": note.text} for note in notes[:MOST_NOTES]],
        "contradictions": len(notes),
    }


def digest_of(version: RunbookVersion) -> dict[str, Any]:
    """The stored digest; for a version from before digests were stored it is computed, once a process."""
    return _read(version.pk) if version.digest is None else version.digest


def keep_digest(runbook: Runbook, version: RunbookVersion) -> None:
    """Store the digest of a version from before digests were stored."""
    if version.digest is None:
        with pgtrigger.ignore("bootstrap.RunbookVersion:immutable"):
            RunbookVersion.objects.filter(pk=version.pk).update(digest=digest(runbook))


@lru_cache(maxsize=64)
def _read(pk: int) -> dict[str, Any]:
    return digest(read_runbook(RunbookVersion.objects.values_list("source", flat=True).get(pk=pk)))
