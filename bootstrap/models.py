"""Table of contents of bootstrap's models."""

from bootstrap.checklists.models import (
    Checklist,
    ChecklistVersion,
    DailyHead,
    EvidenceFile,
    Item,
    ItemDependency,
    RestoreRecord,
    Run,
    RunPlan,
    RunSchedule,
    Section,
    SectionVariable,
    SignOff,
)
from bootstrap.config_health.models import ConfigReport, Finding, ReportToken, VariableChange, VariableState
from bootstrap.importer.models import RunbookDraft, RunbookEdit, RunbookImport, WaitingPosture
from bootstrap.postures.models import Posture
from bootstrap.runbooks.models import Runbook, RunbookVersion
from bootstrap.runbooks.version_contents import CrossReference, IncidentText, Policy, PolicyExample, PolicyTable
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
    "ConfigReport",
    "ConfigVar",
    "ConstrainedVariable",
    "CrossReference",
    "DailyHead",
    "Deployment",
    "Environment",
    "EvidenceFile",
    "Finding",
    "Flag",
    "IncidentText",
    "Item",
    "ItemDependency",
    "Policy",
    "PolicyExample",
    "PolicyTable",
    "Posture",
    "ReportToken",
    "RestoreRecord",
    "Run",
    "RunPlan",
    "RunSchedule",
    "Runbook",
    "RunbookDraft",
    "RunbookEdit",
    "RunbookImport",
    "RunbookVersion",
    "Section",
    "SectionVariable",
    "SignOff",
    "System",
    "VariableChange",
    "VariableState",
    "WaitingPosture",
]
