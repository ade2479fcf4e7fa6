"""Checklists as tables: `content` is what versions say, immutable; `runs` what people do with them,
`schedules` when that comes again, `plans` who is to do it until when.

`audit` has the heads that were sent, and restores.
"""

from bootstrap.checklists.models.audit import DailyHead, RestoreRecord
from bootstrap.checklists.models.content import (
    Checklist,
    ChecklistVersion,
    Item,
    ItemDependency,
    Section,
    SectionVariable,
)
from bootstrap.checklists.models.plans import RunPlan
from bootstrap.checklists.models.runs import EvidenceFile, Run, SignOff, run_url
from bootstrap.checklists.models.schedules import RunSchedule

__all__ = [
    "Checklist",
    "ChecklistVersion",
    "DailyHead",
    "EvidenceFile",
    "Item",
    "ItemDependency",
    "RestoreRecord",
    "Run",
    "RunPlan",
    "RunSchedule",
    "Section",
    "SectionVariable",
    "SignOff",
    "run_url",
]
