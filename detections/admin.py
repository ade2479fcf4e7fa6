"""Table of contents: what the sub-packages register (admin)."""

from detections.alerts import admin as alerts

__all__ = ["alerts"]
