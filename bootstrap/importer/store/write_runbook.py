"""Writes a parsed runbook as a new version, with a new version of each checklist whose text changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from django.db import transaction

from bootstrap.checklists.models import Checklist, ChecklistVersion
from bootstrap.importer import parsed_runbook as read
from bootstrap.importer.store.checklist_rows import checklist_rows
from bootstrap.importer.store.content_changes import content_changes
from bootstrap.importer.store.destination import WrongSlug
from bootstrap.importer.store.outcome import ImportNews, ImportOutcome, counted
from bootstrap.importer.store.removals import missing
from bootstrap.importer.store.same_text import text_hash, version_with
from bootstrap.importer.store.version_summary import summarise
from bootstrap.importer.store.write_checklist import RowIds, write_sections
from bootstrap.importer.store.write_policies import write_contents
from bootstrap.importer.store.write_postures import propose_postures
from bootstrap.importer.store.write_variables import complete_variables, write_variables
from bootstrap.importer.text_to_runbook import read_runbook
from bootstrap.runbooks.models import Runbook, RunbookVersion
from bootstrap.systems.models import App, Flag, System
from opsconsole.accounts.models import User
from opsconsole.lib.db.bulk_insert import insert_rows

# Called with the number of rows just written.
Progress = Callable[[int], None]
ChecklistOf = Callable[[read.ChecklistPart], Checklist]


def no_progress(rows: int) -> None:
    """A `Progress` that does nothing."""


@transaction.atomic
def load_runbook(
    text: read.ParsedRunbook, source: str, app: App, slug: str, by: User | None = None, progress: Progress = no_progress
) -> ImportOutcome:
    """Store `source` and the runbook parsed from it for the system of `app`. For a text that is stored already
    only what its variables expect is completed, where it is the newest.

    Variables and flags are shared by all versions: new ones are added, and the fields of a variable follow the newest
    text where nobody has changed them (`write_variables.py`). Postures are proposed once each (`write_postures.py`).
    A runbook's title follows its newest text. `progress` is called with the number of rows just written; their sum is
    `rows_of`. Raises WrongSlug where the runbook of that slug belongs to another system.
    """
    System.objects.select_for_update().get(pk=app.system_id)  # two imports at once would take the same number
    title = text.title[:300] or slug
    runbook, is_new = Runbook.objects.get_or_create(slug=slug, defaults={"system_id": app.system_id, "title": title})
    if runbook.system_id != app.system_id:
        raise WrongSlug(f"The runbook {slug} belongs to another system.")
    before = runbook.versions.order_by("-number").first()
    if stored := version_with(runbook, text, source):
        return _again(text, source, stored, app, by)
    news = ImportNews(is_new=is_new, missing=missing(runbook, text) if before else "")
    news = replace(news, old_title=_renamed(runbook, title))
    version = _write_version(text, source, runbook, before.number + 1 if before else 1, by)
    row_of = checklist_rows(text, runbook, app, news.old_title)
    news = _write_parts(text, version, app, row_of, news, progress)
    write_contents(text, version, row_of)
    contents = content_changes(version, before)
    news = replace(news, contents=contents, postures=propose_postures(text, version, app, by))
    return ImportOutcome(version, created=True, newest=version.number, text=text, news=news)


def _again(text: read.ParsedRunbook, source: str, stored: RunbookVersion, app: App, by: User | None) -> ImportOutcome:
    """Completes what an earlier console did not read from the text of a stored version, and proposes its postures."""
    if stored.content_hash != text_hash(source):  # another layout, whose lines are not those of the version
        text = read_runbook(stored.source)
    news, newest = ImportNews(), stored.runbook.versions.order_by("-number").values_list("number", flat=True)[0]
    found = write_contents(text, stored, checklist_rows(text, stored.runbook, app, ""))
    if found:
        news = replace(news, contents=(f"{counted(found, 'incident')} added",))
    if stored.number == newest:  # a newer text may have withdrawn what an older one expected
        postures = propose_postures(text, stored, app, by)
        news = replace(news, completed=complete_variables(text, app), postures=postures)
    return ImportOutcome(stored, created=False, newest=newest, text=text, news=news)


def _renamed(runbook: Runbook, title: str) -> str:
    """Gives the runbook the title of its new text. Returns the one that it had; empty where it is the same."""
    old = runbook.title
    if old == title:
        return ""
    runbook.title = title
    runbook.save(update_fields=["title"])
    return old


def rows_of(text: read.ParsedRunbook) -> int:
    """The number of sections, variables and items to write."""
    return len(text.other_variables) + sum(_rows_in(part) for part in text.checklists)


def _rows_in(part: read.ChecklistPart) -> int:
    return sum(1 + len(section.variables) + len(section.items) for section in part.sections)


def _write_version(
    text: read.ParsedRunbook, source: str, runbook: Runbook, number: int, by: User | None
) -> RunbookVersion:
    return RunbookVersion.objects.create(
        runbook=runbook,
        number=number,
        content_hash=text_hash(source),
        source=source,
        summary=summarise(text),
        created_by=by,
    )


def _write_parts(
    text: read.ParsedRunbook,
    version: RunbookVersion,
    app: App,
    row_of: ChecklistOf,
    news: ImportNews,
    progress: Progress,
) -> ImportNews:
    """The new versions of the checklists whose text changed, with the variables and flags that they name."""
    variables = write_variables(text, app)
    flags, added = _write_flags(text, app.system_id)
    progress(len(text.other_variables))
    names = RowIds(variables=variables.ids, flags=flags)
    written = [_write_checklist(part, row_of(part), version, names, progress) for part in text.checklists]
    return replace(
        news,
        checklist_versions=tuple(new for new in written if new),
        variables_added=variables.added,
        variables_changed=variables.changed,
        flags_added=added,
    )


def _write_flags(text: read.ParsedRunbook, system_id: int) -> tuple[dict[str, int], int]:
    """Ids by name and alias, as one that is stored under another name is not added again; and the number added."""
    stored = Flag.objects.filter(system=system_id).values_list("pk", "name", "aliases")
    known = {alias: pk for pk, name, aliases in stored for alias in (name, *aliases)}
    new = [{"system_id": system_id, "name": name} for name in text.flags if name not in known]
    return known | insert_rows(Flag, new, key="name"), len(new)


def _write_checklist(
    part: read.ChecklistPart, checklist: Checklist, version: RunbookVersion, names: RowIds, progress: Progress
) -> ChecklistVersion | None:
    """A new version of the checklist; None where its text and levels are those of the newest version."""
    content_hash = text_hash(part.source)
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
