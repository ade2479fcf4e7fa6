"""Stores a parsed runbook for its system and application, under its name."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from bootstrap.importer.parsed_runbook import ParsedRunbook
from bootstrap.importer.store.destination import decided
from bootstrap.importer.store.outcome import ImportOutcome
from bootstrap.importer.store.page_edits import refuse_undoing
from bootstrap.importer.store.target import app_of
from bootstrap.importer.store.write_runbook import Progress, load_runbook, no_progress
from bootstrap.importer.text_to_runbook import refuse_empty
from bootstrap.systems.models import System
from opsconsole.accounts.models import User


@dataclass(frozen=True)
class Wanted:
    """Where a text is to go, as a person asked; each may be empty.

    `system` is a slug, `system_name` the name of one that is made; `slug` that of the runbook, stored or new;
    `fallback` its slug where the text has no title. `undo_edits`: also where it lacks what was edited on the page.
    """

    system: str = ""
    system_name: str = ""
    slug: str = ""
    fallback: str = "runbook"
    undo_edits: bool = False


@transaction.atomic
def store(
    runbook: ParsedRunbook,
    source: str,
    wanted: Wanted | str,
    by: User | None,
    progress: Progress = no_progress,
) -> ImportOutcome:
    """A new version of the runbook in the place that is `wanted` (a text: the system's slug).

    `progress` is called with the number of rows just written. Raises NotARunbook where there is nothing to store,
    Undecided where a person has to say which runbook the text is, UndoesEdits where it lacks edits made on the page,
    WrongSlug.
    """
    refuse_empty(runbook)
    place = Wanted(wanted) if isinstance(wanted, str) else wanted
    app = app_of(runbook, place.system, slug=place.slug, name=place.system_name)
    System.objects.select_for_update().get(pk=app.system_id)  # of two texts for one slug, the second has to ask
    goes_to = decided(runbook, source, app.system.slug, place.slug, place.fallback)
    if not place.undo_edits:
        refuse_undoing(runbook, source, goes_to.runbook)
    return load_runbook(runbook, source, app, goes_to.slug, by, progress)
