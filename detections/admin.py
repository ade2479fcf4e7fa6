"""Table of contents: what the sub-packages register (admin)."""

from detections.alerts import admin as alerts
from detections.ingest import admin as ingest
from detections.rules import admin as rules
from detections.telemetry import admin as telemetry
from detections.telemetry import admin_counts as counts

__all__ = ["alerts", "counts", "ingest", "rules", "telemetry"]
