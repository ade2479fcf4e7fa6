"""Stores a runbook that was read where it belongs: its system, its application, its name."""

from __future__ import annotations

from django.db import transaction

from bootstrap.importer.parsed import Runbook
from bootstrap.importer.read import refuse_empty
from bootstrap.importer.store.runbook import ImportOutcome, Tell, load_runbook, nobody
from bootstrap.importer.store.target import app_of, runbook_slug
from opsconsole.accounts.models import User


@transaction.atomic
def store(found: Runbook, source: str, system: str, by: User, tell: Tell = nobody) -> ImportOutcome:
    """A new version of the runbook for `system` (empty: the one that the text names); `tell` hears of rows written.

    Raises NotARunbook where there is nothing in it.
    """
    refuse_empty(found)
    app = app_of(found, system)
    return load_runbook(found, source, app, runbook_slug(found, app.system.slug), by, tell)


def told(outcome: ImportOutcome) -> str:
    """What became of it, as a sentence."""
    if not outcome.created:
        return f"This text is version {outcome.version.number} already."
    new = ", ".join(str(version) for version in outcome.checklist_versions) or "no checklist changed"
    return f"Stored as version {outcome.version.number}: {new}."
