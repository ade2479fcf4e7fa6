"""Table of contents: what the sub-packages register (admin)."""

from detections.alerts.admin import alerts, escalation, targets
from detections.incidents.admin import incidents, update_templates
from detections.ingest import admin as ingest
from detections.rules import admin as rules
from detections.telemetry.admin import counts
from detections.telemetry.admin import received as telemetry

__all__ = ["alerts", "counts", "escalation", "incidents", "ingest", "rules", "targets", "telemetry", "update_templates"]
