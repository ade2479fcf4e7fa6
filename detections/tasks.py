"""Table of contents: what the sub-packages register (tasks)."""

from detections.alerts.tasks import deliver_messages, work_alerts

__all__ = ["deliver_messages", "work_alerts"]
