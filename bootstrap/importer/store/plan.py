"""What storing a text would do, told before it is done: in the preview, and by a dry run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bootstrap.importer.parsed_runbook import ParsedRunbook
from bootstrap.importer.parser.steps import number_of_steps
from bootstrap.importer.store.destination import Destination, destination
from bootstrap.importer.store.import_text import Wanted
from bootstrap.importer.store.outcome import counted
from bootstrap.importer.store.page_edits import LostEdits, lost_edits
from bootstrap.importer.store.removals import missing
from bootstrap.importer.store.same_text import version_with
from bootstrap.importer.store.target import system_of
from bootstrap.importer.store.write_postures import states_of
from bootstrap.importer.vocabulary import subject
from bootstrap.runbooks.models import Runbook, RunbookVersion
from bootstrap.systems.models import System

MOST_SIMILAR = 3


@dataclass(frozen=True)
class Plan:
    """`system` is a slug; `place` the runbook's; `stored` the version that has this text already, if one has.

    `missing` are parts of the newest version that the text does not have, `lost` edits of it that were made on the
    page; `similar` other runbooks of the system whose titles are about the same, for a text that would be a new one;
    `postures` a sentence for each that it describes.
    """

    system: str
    system_is_new: bool
    place: Destination
    stored: RunbookVersion | None = None
    missing: str = ""
    lost: LostEdits | None = None
    similar: tuple[Runbook, ...] = ()
    steps: int = 0
    is_document: bool = False
    postures: tuple[str, ...] = ()

    @property
    def question(self) -> str:
        """What a person has to decide first; empty where nothing is to be decided."""
        return "" if self.stored else self.place.question

    @property
    def sentences(self) -> list[str]:
        """What becomes of the text, without the question that `place` may ask."""
        return [*self._sentences()]

    def _sentences(self) -> Iterator[str]:
        slug = self.place.slug
        if self.stored:
            yield f"This text is version {self.stored.number} of {slug} already: storing it makes no new version."
        elif self.place.runbook is None:
            yield f"A new runbook, {slug}."
        elif self.question:
            yield self.question
        elif self.missing:
            yield f"A new version of {slug}: {self.missing} of it are not in this text."
        else:
            yield f"A new version of {slug}."
        for other in self.similar:
            yield f"“{other.title}” ({other.slug}) has a title like it: name it as the runbook if this is its next."
        if self.is_document:
            steps = f", {counted(self.steps, 'step')} in it" if self.steps else ""
            yield f"It has no checklist and is kept as a document{steps}."
        for posture in self.postures:
            yield f"{posture[0].upper()}{posture[1:]}."


def plan(parsed: ParsedRunbook, source: str, wanted: Wanted) -> Plan:
    """What storing the text would do. Raises WrongSlug."""
    system, _ = system_of(parsed, wanted.system, wanted.slug)
    place = destination(parsed, system, wanted.slug, wanted.fallback)
    owner = System.objects.filter(slug=system).first()
    app = owner.apps.order_by("pk").first() if owner else None
    stored = version_with(place.runbook, parsed, source) if place.runbook else None
    return Plan(
        system,
        owner is None,
        place,
        stored,
        missing(place.runbook, parsed) if place.runbook and not stored else "",
        lost_edits(parsed, place.runbook) if place.runbook and not stored else None,
        () if place.runbook else _similar(parsed, system),
        number_of_steps(parsed.blocks),
        not parsed.checklists,
        tuple(f"posture of {note.environment} ({note.date}) {state.value}" for note, state in states_of(parsed, app)),
    )


def _similar(parsed: ParsedRunbook, system: str) -> tuple[Runbook, ...]:
    about = subject(parsed.title).casefold()
    rows = Runbook.objects.filter(system__slug=system).order_by("pk")
    return tuple(row for row in rows if about and subject(row.title).casefold() == about)[:MOST_SIMILAR]
