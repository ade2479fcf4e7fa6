"""Table of contents of bootstrap's models."""

from bootstrap.checklists.models import (
    Checklist,
    ChecklistVersion,
    EvidenceFile,
    Item,
    ItemDependency,
    Run,
    Section,
    SectionVariable,
    SignOff,
)
from bootstrap.postures.models import Posture
from bootstrap.runbooks.models import Runbook, RunbookVersion
from bootstrap.systems.models import (
    App,
    ConfigConstraint,
    ConfigVar,
    ConstrainedVariable,
    Deployment,
    Environment,
    Flag,
    System,
)

__all__ = [
    "App",
    "Checklist",
    "ChecklistVersion",
    "ConfigConstraint",
    "ConfigVar",
    "ConstrainedVariable",
    "Deployment",
    "Environment",
    "EvidenceFile",
    "Flag",
    "Item",
    "ItemDependency",
    "Posture",
    "Run",
    "Runbook",
    "RunbookVersion",
    "Section",
    "SectionVariable",
    "SignOff",
    "System",
]
