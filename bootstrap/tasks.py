"""Table of contents: what the sub-packages register (tasks)."""

from bootstrap.checklists.tasks import audit_head, scheduled_runs
from bootstrap.config_health.tasks import config_health, config_retention
from bootstrap.importer.tasks import runbook_imports

__all__ = ["audit_head", "config_health", "config_retention", "runbook_imports", "scheduled_runs"]
