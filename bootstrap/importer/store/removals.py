"""The parts of a stored runbook that a new version would leave out."""

from __future__ import annotations

from django.db.models import F

from bootstrap.checklists.models import ChecklistVersion, Item, Section
from bootstrap.importer.parsed_runbook import ParsedRunbook
from bootstrap.importer.store.destination import newest_titles
from bootstrap.runbooks.models import Runbook, RunbookVersion
from bootstrap.runbooks.version_contents import Policy


def missing(stored: Runbook, runbook: ParsedRunbook) -> str:
    """The parts of a stored runbook that a text does not have, `10 sections, 33 items, 3 policies`, compared by name;
    empty where nothing is missing."""
    newest = ChecklistVersion.objects.filter(checklist__runbook=stored).order_by("checklist_id", "-number")
    if (titles := newest_titles(stored)) is not None:  # those of older versions are gone already
        newest = newest.filter(checklist__title__in=titles)
    shown = newest.distinct("checklist_id").values("pk")
    # A checklist without parts is one section of its own name: nobody counts it as one.
    sections = Section.objects.filter(version__in=shown).exclude(title=F("version__checklist__title"))
    version = RunbookVersion.objects.filter(runbook=stored).order_by("-number").values("pk")[:1]
    policies = Policy.objects.filter(version__in=version).values_list("title", flat=True)
    keys = Item.objects.filter(section__version__in=shown).values_list("key", flat=True)
    gone = (
        ("section", "sections", set(sections.values_list("slug", flat=True)) - {row.slug for row in runbook.sections}),
        ("item", "items", set(keys) - {item.key for item in runbook.items}),
        ("policy", "policies", set(policies) - {policy.title[:300] for policy in runbook.policies}),
    )
    return ", ".join(f"{len(names):,} {one if len(names) == 1 else many}" for one, many, names in gone if names)
