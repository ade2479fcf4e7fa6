"""What of a stored runbook a new version would leave out."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F

from bootstrap.checklists.models import ChecklistVersion, Item, Section
from bootstrap.importer.parsed import Runbook
from bootstrap.importer.store.target import runbook_slug
from bootstrap.runbooks.models import Runbook as StoredRunbook
from bootstrap.runbooks.models import RunbookVersion
from bootstrap.runbooks.version_contents import Policy


@dataclass(frozen=True)
class Replaced:
    """The runbook that a text becomes a version of; `missing` says what of it the text does not hold."""

    runbook: StoredRunbook
    missing: str

    def __str__(self) -> str:
        gone = f": {self.missing} of it are not in this text" if self.missing else ""
        return f"A new version of {self.runbook.slug}{gone}"


def replaced(found: Runbook, system: str) -> Replaced | None:
    """The stored runbook of that name, if there is one."""
    stored = StoredRunbook.objects.filter(slug=runbook_slug(found, system)).first()
    return Replaced(stored, _missing(stored, found)) if stored else None


def _missing(stored: StoredRunbook, found: Runbook) -> str:
    """`10 sections, 33 items, 3 policies`, by their names; empty where all is there still."""
    parts = [part for checklist in found.checklists for part in checklist.sections]
    kept = {part.slug for part in parts}, {item.key for part in parts for item in part.items}
    newest = ChecklistVersion.objects.filter(checklist__runbook=stored).order_by("checklist_id", "-number")
    shown = newest.distinct("checklist_id").values("pk")
    # A checklist without parts is one section of its own name: nobody counts it as one.
    sections = Section.objects.filter(version__in=shown).exclude(title=F("version__checklist__title"))
    version = RunbookVersion.objects.filter(runbook=stored).order_by("-number").values("pk")[:1]
    policies = Policy.objects.filter(version__in=version).values_list("title", flat=True)
    gone = (
        ("section", "sections", set(sections.values_list("slug", flat=True)) - kept[0]),
        (
            "item",
            "items",
            set(Item.objects.filter(section__version__in=shown).values_list("key", flat=True)) - kept[1],
        ),
        ("policy", "policies", set(policies) - {policy.title[:300] for policy in found.policies}),
    )
    return ", ".join(f"{len(names):,} {one if len(names) == 1 else many}" for one, many, names in gone if names)
