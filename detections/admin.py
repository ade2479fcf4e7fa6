"""Table of contents: what the sub-packages register (admin)."""

from detections.alerts import admin as alerts
from detections.rules import admin as rules

__all__ = ["alerts", "rules"]
