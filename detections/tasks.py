"""Table of contents: what the sub-packages register (tasks)."""

from detections.alerts.tasks import work_alerts
from detections.dashboard.rule_preview.tasks import preview_rule
from detections.dashboard.self_watch.tasks import self_watch
from detections.incidents.tasks import work_incidents
from detections.ingest.tasks import digest
from detections.probes.tasks import drop_old_runs, queue_probes
from detections.rules.tasks import judge, tick
from detections.telemetry.tasks import drop_old, make_partitions

__all__ = [
    "digest",
    "drop_old",
    "drop_old_runs",
    "judge",
    "make_partitions",
    "preview_rule",
    "queue_probes",
    "self_watch",
    "tick",
    "work_alerts",
    "work_incidents",
]
