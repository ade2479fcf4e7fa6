"""Who may write into the timeline of a closed incident."""

from __future__ import annotations

from detections.incidents.record.write import EDIT_CLOSED, refuse_closed

__all__ = ["EDIT_CLOSED", "refuse_closed"]
