"""Table of contents: what the sub-packages register (tasks)."""

from detections.ingest.tasks import digest

__all__ = ["digest"]
