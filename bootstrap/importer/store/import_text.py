"""Stores a parsed runbook for its system and application, under its name."""

from __future__ import annotations

from django.db import transaction

from bootstrap.importer.parsed_runbook import ParsedRunbook
from bootstrap.importer.store.target import app_of, runbook_slug
from bootstrap.importer.store.write_runbook import ImportOutcome, Progress, load_runbook, no_progress
from bootstrap.importer.text_to_runbook import refuse_empty
from opsconsole.accounts.models import User


@transaction.atomic
def store(
    runbook: ParsedRunbook, source: str, system: str, by: User, progress: Progress = no_progress
) -> ImportOutcome:
    """A new version of the runbook for `system` (empty: the one that the text names).

    `progress` is called with the number of rows just written. Raises NotARunbook where there is nothing to store.
    """
    refuse_empty(runbook)
    app = app_of(runbook, system)
    return load_runbook(runbook, source, app, runbook_slug(runbook, app.system.slug), by, progress)


def outcome_message(outcome: ImportOutcome) -> str:
    """The outcome as a sentence."""
    if not outcome.created:
        return f"This text is version {outcome.version.number} already."
    new = ", ".join(str(version) for version in outcome.checklist_versions) or "no checklist changed"
    return f"Stored as version {outcome.version.number}: {new}."
