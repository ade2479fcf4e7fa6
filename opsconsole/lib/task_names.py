"""Names of the Celery tasks, used by the tasks, by their senders and by beat's schedule (pure).

A package sends tasks of packages above it by name. A test checks that every name has a task.
"""

from __future__ import annotations

from typing import Final

AUDIT_HEAD: Final = "bootstrap.audit_head"
CONFIG_HEALTH: Final = "bootstrap.config_health"
CONFIG_RETENTION: Final = "bootstrap.config_retention"
RUNBOOK_IMPORTS: Final = "bootstrap.runbook_imports"
SCHEDULED_RUNS: Final = "bootstrap.scheduled_runs"
ALERTS: Final = "detections.alerts"
BASELINES: Final = "detections.baselines"
DAILY_SUMMARY: Final = "detections.daily_summary"
DIGEST: Final = "detections.digest"
ENVIRONMENT_LINKS: Final = "detections.environment_links"
INCIDENTS: Final = "detections.incidents"
JUDGE: Final = "detections.judge"
PARTITIONS: Final = "detections.partitions"
PROBE_RETENTION: Final = "detections.probe_retention"
PROBE_SCHEDULE: Final = "detections.probe_schedule"
RETENTION: Final = "detections.retention"
RETENTION_JUDGED: Final = "detections.retention_judged"
RULE_PREVIEW: Final = "detections.rule_preview"
SELF_WATCH: Final = "detections.self_watch"
TICK: Final = "detections.tick"
