"""The sources of the lines of timelines."""

from __future__ import annotations

from detections.incidents.timeline.sources import alert_states, changes, handling, messages
from detections.incidents.timeline.sources.contract import TimelineSource

# A new source is a file with a `read`, and a line here.
SOURCES: tuple[TimelineSource, ...] = (
    alert_states.read,
    handling.read,
    messages.read,
    changes.read,
)
