"""Checklists as tables: `content` is what versions say, immutable; `runs` is what people do with them."""

from bootstrap.checklists.models.content import (
    Checklist,
    ChecklistVersion,
    Item,
    ItemDependency,
    Section,
    SectionVariable,
)
from bootstrap.checklists.models.runs import EvidenceFile, Run, SignOff, run_url

__all__ = [
    "Checklist",
    "ChecklistVersion",
    "EvidenceFile",
    "Item",
    "ItemDependency",
    "Run",
    "Section",
    "SectionVariable",
    "SignOff",
    "run_url",
]
