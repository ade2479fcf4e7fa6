"""Names of the Celery tasks: each once, for the task itself, whoever sends it, and beat's schedule (pure).

A room sends a task of a room above it by the name alone. A test checks that every name has a task.
"""

from __future__ import annotations

from typing import Final

CONFIG_HEALTH: Final = "bootstrap.config_health"
CONFIG_RETENTION: Final = "bootstrap.config_retention"
RUNBOOK_IMPORTS: Final = "bootstrap.runbook_imports"
ALERTS: Final = "detections.alerts"
DELIVER: Final = "detections.deliver"
DIGEST: Final = "detections.digest"
JUDGE: Final = "detections.judge"
PARTITIONS: Final = "detections.partitions"
RETENTION: Final = "detections.retention"
RETENTION_JUDGED: Final = "detections.retention_judged"
TICK: Final = "detections.tick"
