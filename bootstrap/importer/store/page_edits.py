"""Whether a text that is to be imported lacks what was edited on the page since the runbook was imported last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from bootstrap.checklists.version_changes import Wording
from bootstrap.importer.parsed_runbook import ParsedRunbook
from bootstrap.importer.review.difference import moved, wordings_of
from bootstrap.importer.store.same_text import version_with
from bootstrap.importer.text_to_runbook import read_runbook
from bootstrap.runbooks.models import Runbook

MOST_NAMED = 20
# What an item says by its key, in order, of each checklist by its slug.
Checklists = Mapping[str, Mapping[str, Wording]]


@dataclass(frozen=True)
class LostEdits:
    """Edits of versions after `since` that the text lacks, as (what, key): ("added", "take-a-backup")."""

    runbook: Runbook
    since: int
    edits: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        number = "1 edit" if len(self.edits) == 1 else f"{len(self.edits):,} edits"
        names = ", ".join(f"{what} {key}" for what, key in self.edits[:MOST_NAMED])
        more = ", …" if len(self.edits) > MOST_NAMED else ""
        return (
            f"It would undo {number} made on the page of {self.runbook.slug} since version {self.since} was imported: "
            f"{names}{more}."
        )


class UndoesEdits(ValueError):
    """Storing the text would undo edits made on the page, and nobody has said that it should; nothing was stored."""

    def __init__(self, lost: LostEdits) -> None:
        self.lost = lost
        super().__init__(str(lost))


def refuse_undoing(text: ParsedRunbook, source: str, stored: Runbook | None) -> None:
    """Raises UndoesEdits where storing the text as a version of `stored` would undo edits."""
    lost = lost_edits(text, stored) if stored else None
    if stored and lost and not version_with(stored, text, source):  # one that is stored already stays as it is
        raise UndoesEdits(lost)


def lost_edits(text: ParsedRunbook, stored: Runbook) -> LostEdits | None:
    """The edits that storing the text as a version of `stored` would undo; None where there are none. One statement, a
    second where the runbook was edited since."""
    newest = stored.versions.select_related("edit").order_by("-number").first()
    if newest is None or not hasattr(newest, "edit"):
        return None
    imported = stored.versions.filter(edit=None).order_by("-number").first()
    if imported is None:
        return None
    lost = tuple(_lost(*map(_checklists, (read_runbook(imported.source), read_runbook(newest.source), text))))
    return LostEdits(stored, imported.number, lost) if lost else None


def _lost(imported: Checklists, edited: Checklists, text: Checklists) -> Iterator[tuple[str, str]]:
    for slug in dict.fromkeys([*edited, *imported]):
        base, page, new = (each.get(slug, {}) for each in (imported, edited, text))
        for key in dict.fromkeys([*page, *base]):
            if page.get(key) != base.get(key) and new.get(key) != page.get(key):
                yield "added" if key not in base else "removed" if key not in page else "changed", key
        yield from (("moved", key) for key in _moved_back(base, page, new))


def _moved_back(base: Mapping[str, Wording], page: Mapping[str, Wording], new: Mapping[str, Wording]) -> list[str]:
    """The keys that were moved within their section on the page, and that the text has as they were before."""
    before, after = ({key: place for place, key in enumerate(each)} for each in (base, new))
    everywhere = [key for key in page if key in before and key in after]
    on_page = set(moved(base, page))
    back = (
        two if two in on_page else one
        for one, two in pairwise(everywhere)
        if page[one].section == page[two].section and before[two] < before[one] and after[two] < after[one]
    )
    return list(dict.fromkeys(back))


def _checklists(text: ParsedRunbook) -> Checklists:
    """What items wait for follows from their words and places."""
    return {
        part.slug: {key: replace(wording, needs=()) for key, wording in wordings_of(part).items()}
        for part in text.checklists
    }
