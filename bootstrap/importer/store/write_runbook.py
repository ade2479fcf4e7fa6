"""Writes a parsed runbook as a new version, with a new version of each checklist whose text changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction

from bootstrap.checklists.models import Checklist, ChecklistVersion
from bootstrap.importer import parsed_runbook as read
from bootstrap.importer.store.version_summary import summarise
from bootstrap.importer.store.write_checklist import RowIds, write_sections
from bootstrap.importer.store.write_policies import write_contents
from bootstrap.importer.store.write_postures import propose_postures
from bootstrap.importer.store.write_variables import complete_variables, write_variables
from bootstrap.importer.vocabulary import unused
from bootstrap.postures.models import Posture
from bootstrap.runbooks.models import Runbook, RunbookVersion
from bootstrap.systems.models import App, Flag, System
from opsconsole.accounts.models import User
from opsconsole.lib.db.bulk_insert import insert_rows

LONGEST_SLUG = 140  # ten less than the column, for a number where it is taken


# Called with the number of rows just written.
Progress = Callable[[int], None]


def no_progress(rows: int) -> None:
    """A `Progress` that does nothing."""


@dataclass
class ImportOutcome:
    """What an import wrote. `version` is the text's own version, new only where `created`."""

    version: RunbookVersion
    created: bool
    checklist_versions: list[ChecklistVersion]
    proposed: list[Posture]


@transaction.atomic
def load_runbook(
    text: read.ParsedRunbook, source: str, app: App, slug: str, by: User | None = None, progress: Progress = no_progress
) -> ImportOutcome:
    """Store `source` and the runbook parsed from it for the system of `app`. For a text that is stored already
    only what its variables expect is completed, where it is the newest.

    Variables and flags are shared by all versions: new ones are added, and the fields of a variable follow the newest
    text where nobody has changed them (`write_variables.py`). Postures are proposed once each (`write_postures.py`).
    `progress` is called with the number of rows just written; their sum is `rows_of`.
    """
    System.objects.select_for_update().get(pk=app.system_id)  # two imports at once would take the same number
    runbook, _ = Runbook.objects.get_or_create(
        slug=slug, defaults={"system_id": app.system_id, "title": text.title[:300] or slug}
    )
    newest = runbook.versions.order_by("-number").values_list("number", flat=True).first() or 0
    stored = runbook.versions.filter(content_hash=_hash(source)).first()
    version = stored or _write_version(text, source, runbook, newest + 1, by)
    written = [] if stored else _write_checklists(text, version, app, progress)
    if stored and stored.number == newest:  # a newer text may have withdrawn what an older one expected
        complete_variables(text, app)
    write_contents(text, version, lambda part: _checklist(part, runbook, app))
    proposed = propose_postures(text, version, app, by)
    return ImportOutcome(version, created=not stored, checklist_versions=written, proposed=proposed)


def rows_of(text: read.ParsedRunbook) -> int:
    """The number of sections, variables and items to write."""
    return len(text.other_variables) + sum(_rows_in(part) for part in text.checklists)


def _rows_in(part: read.ChecklistPart) -> int:
    return sum(1 + len(section.variables) + len(section.items) for section in part.sections)


def _hash(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()


def _write_version(
    text: read.ParsedRunbook, source: str, runbook: Runbook, number: int, by: User | None
) -> RunbookVersion:
    return RunbookVersion.objects.create(
        runbook=runbook,
        number=number,
        content_hash=_hash(source),
        source=source,
        summary=summarise(text),
        created_by=by,
    )


def _write_checklists(
    text: read.ParsedRunbook, version: RunbookVersion, app: App, progress: Progress
) -> list[ChecklistVersion]:
    """The new versions of the checklists whose text changed, with the variables and flags that they name."""
    names = RowIds(variables=write_variables(text, app), flags=_write_flags(text, app.system_id))
    progress(len(text.other_variables))
    written = (_write_checklist(part, version, app, names, progress) for part in text.checklists)
    return [new for new in written if new]


def _write_flags(text: read.ParsedRunbook, system_id: int) -> dict[str, int]:
    """Ids by name and alias: a flag that is stored under another name is not added again."""
    stored = Flag.objects.filter(system=system_id).values_list("pk", "name", "aliases")
    known = {alias: pk for pk, name, aliases in stored for alias in (name, *aliases)}
    missing = ({"system_id": system_id, "name": name} for name in text.flags if name not in known)
    return known | insert_rows(Flag, missing, key="name")


def _slug_of(runbook: Runbook, part: read.ChecklistPart) -> str:
    """The runbook's slug before the checklist's own, once where the own begins with it (one title for both)."""
    whole = f"{runbook.slug}-{part.slug}"[:LONGEST_SLUG]
    repeats = f"{part.slug}-".startswith(f"{runbook.slug}-")
    if repeats and not Checklist.objects.filter(runbook=runbook, slug=whole).exists():  # as it was named before
        return part.slug[:LONGEST_SLUG]
    return whole


def _checklist(part: read.ChecklistPart, runbook: Runbook, app: App) -> Checklist:
    """The runbook's own checklist of that name, added if it is new."""
    wanted = _slug_of(runbook, part)
    owners = dict(Checklist.objects.filter(slug__startswith=wanted).values_list("slug", "runbook_id"))
    others = {slug for slug, owner in owners.items() if owner != runbook.pk}
    made, _ = Checklist.objects.get_or_create(
        slug=unused(wanted, others),
        defaults={
            "system_id": app.system_id,
            "app": app,
            "runbook": runbook,
            "title": (part.title or runbook.title)[:200],
            "kind": part.kind,
        },
    )
    return made


def _write_checklist(
    part: read.ChecklistPart, version: RunbookVersion, app: App, names: RowIds, progress: Progress
) -> ChecklistVersion | None:
    """A new version of the checklist; None where its text and levels are those of the newest version."""
    checklist = _checklist(part, version.runbook, app)
    content_hash = _hash(part.source)
    newest = checklist.versions.order_by("-number").first()
    # A legend of levels may stand outside of the checklist.
    if newest and newest.content_hash == content_hash and newest.levels == list(part.levels):
        progress(_rows_in(part))
        return None
    made = ChecklistVersion.objects.create(
        checklist=checklist,
        number=newest.number + 1 if newest else 1,
        content_hash=content_hash,
        source=part.source,
        intro=part.intro,
        levels=list(part.levels),
        runbook_version=version,
        created_by_id=version.created_by_id,
    )
    write_sections(made, part.sections, names, progress)
    return made
