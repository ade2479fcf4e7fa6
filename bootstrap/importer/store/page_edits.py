"""Whether a text that is to be imported lacks what was edited on the page since the runbook was imported last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from bootstrap.checklists.version_changes import Wording
from bootstrap.importer.parsed_runbook import ParsedRunbook
from bootstrap.importer.review.difference import wordings_of
from bootstrap.importer.text_to_runbook import read_runbook
from bootstrap.runbooks.models import Runbook


@dataclass(frozen=True)
class LostEdits:
    """Edits of versions after `since` that the text lacks, as (what, key): ("added", "take-a-backup")."""

    runbook: Runbook
    since: int
    edits: tuple[tuple[str, str], ...]


def lost_edits(text: ParsedRunbook, stored: Runbook) -> LostEdits | None:
    """The edits that storing the text as a version of `stored` would undo; None where there are none. One statement, a
    second where the runbook was edited since."""
    newest = stored.versions.select_related("edit").order_by("-number").first()
    if newest is None or not hasattr(newest, "edit"):
        return None
    imported = stored.versions.filter(edit=None).order_by("-number").first()
    if imported is None:
        return None
    lost = tuple(_lost(read_runbook(imported.source), read_runbook(newest.source), text))
    return LostEdits(stored, imported.number, lost) if lost else None


def _lost(imported: ParsedRunbook, edited: ParsedRunbook, text: ParsedRunbook) -> Iterator[tuple[str, str]]:
    base, page, new = (_wordings(each) for each in (imported, edited, text))
    for ref in dict.fromkeys([*page, *base]):
        if page.get(ref) != base.get(ref) and new.get(ref) != page.get(ref):
            what = "added" if ref not in base else "removed" if ref not in page else "changed"
            yield what, ref[1]


def _wordings(text: ParsedRunbook) -> Mapping[tuple[str, str], Wording]:
    """What items say, by checklist and key. What they wait for follows from their words and places."""
    return {
        (part.slug, key): replace(wording, needs=())
        for part in text.checklists
        for key, wording in wordings_of(part).items()
    }
