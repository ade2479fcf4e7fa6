"""Stores an edited text as a new version of its runbook, through the importer like any other text."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from bootstrap.importer.editing.acts import Act, AddItem, EditRefused, as_row
from bootstrap.importer.editing.apply import apply
from bootstrap.importer.editing.outline import Outline
from bootstrap.importer.flattened.repair import is_flattened
from bootstrap.importer.markdown.decode import LARGEST, NotARunbook
from bootstrap.importer.markdown.render import render
from bootstrap.importer.models import RunbookEdit
from bootstrap.importer.store.outcome import ImportOutcome
from bootstrap.importer.store.same_text import text_hash
from bootstrap.importer.store.target import app_of
from bootstrap.importer.store.write_runbook import load_runbook
from bootstrap.importer.text_to_runbook import read_runbook, read_text, refuse_empty
from bootstrap.runbooks.models import Runbook, RunbookVersion
from bootstrap.systems.models import System
from opsconsole.accounts.models import User

# Characters: each edit reads the text a few times, about half a second for so many.
LONGEST = 100_000
REASON_LENGTH = 300


class Overtaken(Exception):
    """A newer version was stored meanwhile: `newest`."""

    def __init__(self, newest: RunbookVersion) -> None:
        super().__init__(f"Version {newest.number} was stored meanwhile.")
        self.newest = newest


def newest_of(runbook: Runbook) -> RunbookVersion:
    """The newest version of the runbook, which always has one."""
    return runbook.versions.select_related("created_by").order_by("-number")[0]


def editable_text(version: RunbookVersion) -> str:
    """The text to be edited: as it is stored, or, of one that lost its line breaks, as ordinary markdown.

    Raises EditRefused for one too long to be edited on a page.
    """
    text = version.source
    if len(text) > LONGEST:
        raise EditRefused(
            f"This runbook has more than {LONGEST:,} characters, too many to be edited on a page: edit the file and "
            "import it again."
        )
    return render(read_runbook(text).blocks) + "\n" if is_flattened(text.replace("\r\n", "\n")) else text


@transaction.atomic
def store_edit(base: RunbookVersion, text: str, acts: Sequence[Act], reason: str, by: User) -> ImportOutcome:
    """The text as the version after `base`.

    Raises Overtaken where that is not the newest any more, EditRefused where the text or the reason cannot be stored.
    """
    why = " ".join(reason.split())
    if not why or len(why) > REASON_LENGTH:
        raise EditRefused(f"reason: say why, in at most {REASON_LENGTH} characters.")
    runbook = base.runbook
    System.objects.select_for_update().get(pk=runbook.system_id)  # as every import of the system does
    newest = newest_of(runbook)
    if newest.pk != base.pk:
        raise Overtaken(newest)
    if len(text.encode()) > LARGEST:
        raise EditRefused(f"The text would have more than {LARGEST:,} bytes, the most that is read.")
    try:
        parsed = read_text(text)
        refuse_empty(parsed)
    except NotARunbook as refusal:
        raise EditRefused(str(refusal)) from None
    text = _unlike_older(runbook, newest, text)
    outcome = load_runbook(parsed, text, app_of(parsed, runbook.system.slug), runbook.slug, by)
    if not outcome.created:
        raise EditRefused(f"This text is word for word version {outcome.version.number}, which is stored already.")
    RunbookEdit.objects.create(version=outcome.version, base=base, acts=[as_row(act) for act in acts], reason=why)
    return outcome


def _unlike_older(runbook: Runbook, newest: RunbookVersion, text: str) -> str:
    """The text, with a line break more where an older version has it letter by letter: edits may lead back to what was
    before, and each text of a runbook is one version."""
    older = set(runbook.versions.exclude(pk=newest.pk).values_list("content_hash", flat=True))
    while text_hash(text) in older:
        text += "\n"
    return text


def add_at_once(runbook: Runbook, act: AddItem, reason: str, by: User) -> ImportOutcome:
    """One new item as a version of its own, without a draft. Raises EditRefused; Overtaken where another was faster."""
    base = newest_of(runbook)
    return store_edit(base, apply(editable_text(base), act), [act], reason, by)


def section_named(outline: Outline, checklist: str, slug: str) -> str:
    """The reference of the section with that slug, of the checklist with that title where several have one.

    Raises EditRefused.
    """
    titles = {part.slug: (part.title or outline.runbook.title)[:200] for part in outline.runbook.checklists}
    same = [ref for ref, place in outline.sections.items() if place.row.slug == slug]
    if len(same) > 1:
        same = [ref for ref in same if titles[outline.sections[ref].checklist] == checklist]
    if not same:
        raise EditRefused(f"section: there is no section {slug} in the newest version of {checklist}.")
    return same[0]
