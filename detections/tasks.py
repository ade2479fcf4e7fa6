"""Table of contents: what the sub-packages register (tasks)."""

from detections.alerts.tasks import deliver_messages, work_alerts
from detections.ingest.tasks import digest
from detections.rules.tasks import judge, tick

__all__ = ["deliver_messages", "digest", "judge", "tick", "work_alerts"]
