"""Table of contents: what the sub-packages register (admin)."""

from detections.alerts.admin import alerts, escalation, targets
from detections.incidents.admin import follow_up, incidents, update_templates
from detections.ingest import admin as ingest
from detections.probes.admin import logs as probe_logs
from detections.probes.admin import targets as probe_targets
from detections.rules import admin as rules
from detections.telemetry.admin import counts
from detections.telemetry.admin import received as telemetry

__all__ = [
    "alerts",
    "counts",
    "escalation",
    "follow_up",
    "incidents",
    "ingest",
    "probe_logs",
    "probe_targets",
    "rules",
    "targets",
    "telemetry",
    "update_templates",
]
