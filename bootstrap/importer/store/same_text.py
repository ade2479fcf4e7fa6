"""Whether a text is stored already: letter by letter, or in another layout."""

from __future__ import annotations

import hashlib

from bootstrap.importer.parsed_runbook import ParsedRunbook
from bootstrap.importer.store.version_summary import content_hash
from bootstrap.importer.text_to_runbook import read_runbook
from bootstrap.runbooks.models import Runbook, RunbookVersion


def text_hash(source: str) -> str:
    """The hash that a version keeps of its source."""
    return hashlib.sha256(source.encode()).hexdigest()


def version_with(runbook: Runbook, parsed: ParsedRunbook, source: str) -> RunbookVersion | None:
    """The version of this text; else the newest one, where it differs in its layout only, as an export does."""
    versions = runbook.versions.order_by("-number")
    if same := versions.filter(content_hash=text_hash(source)).first():
        return same
    newest = versions.first()
    if newest is None:
        return None
    # Versions of before have no hash of their content, so their text is read.
    stored = newest.summary.get("content") or content_hash(read_runbook(newest.source))
    return newest if stored == content_hash(parsed) else None
