"""The stored checklists of a runbook: which of them the parts of a new text are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from bootstrap.checklists.models import Checklist
from bootstrap.importer.parsed_runbook import ChecklistPart, ParsedRunbook
from bootstrap.importer.store.version_summary import checklist_title
from bootstrap.importer.vocabulary import bounded, unused
from bootstrap.runbooks.models import Runbook
from bootstrap.systems.models import App

LONGEST_SLUG = 140  # ten less than the column, for a number where it is taken


def checklist_rows(
    text: ParsedRunbook, runbook: Runbook, app: App, old_title: str
) -> Callable[[ChecklistPart], Checklist]:
    """Returns the stored checklist of a part, which is added if it is new: the one of the same title in the runbook,
    also where an earlier console gave that a shorter slug, else the one of the same slug.

    The checklist that has the runbook's own title follows it when that changes from `old_title`.
    """
    titles = Counter(checklist_title(part, text.title) for part in text.checklists)
    known = list(Checklist.objects.filter(runbook=runbook))
    found: dict[str, Checklist] = {}

    def row_of(part: ChecklistPart) -> Checklist:
        if part.slug not in found:
            title = checklist_title(part, text.title) or runbook.title[:200]
            stored = _stored(title, known) if titles[title] == 1 else None
            if stored is None and title == runbook.title[:200] and (stored := _stored(old_title[:200], known)):
                Checklist.objects.filter(pk=stored.pk).update(title=title)
                stored.title = title
            found[part.slug] = stored or _by_slug(part, title, runbook, app, known)
        return found[part.slug]

    return row_of


def _stored(title: str, known: Sequence[Checklist]) -> Checklist | None:
    """The only one of that title."""
    rows = [row for row in known if row.title == title]
    return rows[0] if len(rows) == 1 else None


def _by_slug(part: ChecklistPart, title: str, runbook: Runbook, app: App, known: Sequence[Checklist]) -> Checklist:
    wanted = _slug_of(runbook, part, known)
    owners = dict(Checklist.objects.filter(slug__startswith=wanted).values_list("slug", "runbook_id"))
    others = {slug for slug, owner in owners.items() if owner != runbook.pk}
    made, _ = Checklist.objects.get_or_create(
        slug=unused(wanted, others),
        defaults={"system_id": app.system_id, "app": app, "runbook": runbook, "title": title, "kind": part.kind},
    )
    return made


def _slug_of(runbook: Runbook, part: ChecklistPart, known: Sequence[Checklist]) -> str:
    """The runbook's slug before the checklist's own, once where the own begins with it (one title for both)."""
    whole = bounded(f"{runbook.slug}-{part.slug}", LONGEST_SLUG)
    repeats = f"{part.slug}-".startswith(f"{runbook.slug}-")
    if repeats and not any(row.slug == whole for row in known):  # as it was named before
        return bounded(part.slug, LONGEST_SLUG)
    return whole
