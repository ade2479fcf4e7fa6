"""What an import did, as rows and in words: the page, the command and the background job say the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bootstrap.checklists.models import ChecklistVersion
from bootstrap.importer.parsed_runbook import ParsedRunbook
from bootstrap.importer.store.write_postures import PostureOutcome, PostureState
from bootstrap.postures.models import Posture
from bootstrap.runbooks.models import RunbookVersion


@dataclass(frozen=True)
class ImportNews:
    """What an import changed. `is_new`: the runbook was not there before; `old_title` is empty where it kept its title.

    `missing` are the parts of the version before that are not in the text, `contents` what changed in policies,
    incidents and references, in words. `completed` counts variables that an earlier console had read less of.
    """

    is_new: bool = False
    old_title: str = ""
    checklist_versions: tuple[ChecklistVersion, ...] = ()
    variables_added: int = 0
    variables_changed: int = 0
    flags_added: int = 0
    completed: int = 0
    contents: tuple[str, ...] = ()
    missing: str = ""
    postures: tuple[PostureOutcome, ...] = ()


@dataclass(frozen=True)
class ImportOutcome:
    """What came of an import. `version` is the text's own version, new only where `created`; `newest` is the number of
    the newest one, which a text that is imported again may not be."""

    version: RunbookVersion
    created: bool
    newest: int
    text: ParsedRunbook
    news: ImportNews

    @property
    def checklist_versions(self) -> list[ChecklistVersion]:
        """The new versions of checklists."""
        return list(self.news.checklist_versions)

    @property
    def proposed(self) -> list[Posture]:
        """The postures that were proposed now."""
        return [outcome.posture for outcome in self.news.postures if outcome.posture]

    @property
    def changes(self) -> list[str]:
        """What was written besides the text, a phrase for each kind; at least one for a new version."""
        return [*_changes(self)]

    @property
    def is_loss(self) -> bool:
        """Whether the text leaves out parts of the version before."""
        return bool(self.news.missing)


def counted(number: int, one: str, many: str = "") -> str:
    """`1 item`, `1,200 items`."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def message_of(outcome: ImportOutcome) -> str:
    """The outcome in sentences, without the name of the runbook."""
    number = outcome.version.number
    if outcome.created:
        return f"Stored as version {number}: {'; '.join(outcome.changes)}."
    is_older = f" Version {outcome.newest} is newer and stays the current one." if outcome.newest != number else ""
    also = f" What was done besides: {'; '.join(outcome.changes)}." if outcome.changes else ""
    return f"This text is version {number} already.{is_older}{also}"


def as_json(outcome: ImportOutcome) -> dict[str, Any]:
    """What the report of `runbook import --json` says of it."""
    return {
        "created": outcome.created,
        "version": outcome.version.number,
        "changes": outcome.changes,
        "postures_found": [
            {**_note(each), "state": each.state.name.lower(), "text": str(each)} for each in outcome.news.postures
        ],
    }


def _note(outcome: PostureOutcome) -> dict[str, Any]:
    note = outcome.note
    return {"environment": note.environment, "date": note.date, "section": note.section, "line": note.line}


def _changes(outcome: ImportOutcome) -> Iterator[str]:
    news = outcome.news
    if outcome.created:
        yield from _of_checklists(outcome)
    rows = (
        (counted(news.variables_added, "variable"), "added", news.variables_added),
        (counted(news.variables_changed, "variable"), "changed", news.variables_changed),
        (counted(news.flags_added, "flag"), "added", news.flags_added),
        (counted(news.completed, "variable"), "completed with what is expected", news.completed),
    )
    yield from (f"{words} {what}" for words, what, number in rows if number)
    yield from news.contents
    if news.old_title:
        yield f"its title was “{news.old_title}”"
    if news.missing:
        yield f"left out of the version before: {news.missing}"
    # Of a text that is stored already only what is new, or still open, is worth a word.
    yield from (str(each) for each in news.postures if outcome.created or each.state is not PostureState.KNOWN)


def _of_checklists(outcome: ImportOutcome) -> Iterator[str]:
    if not outcome.text.checklists:
        yield "kept as a document, without a checklist"
    elif not outcome.checklist_versions:
        yield "no checklist changed"
    yield from (str(version) for version in outcome.checklist_versions)
