"""The versions of a postmortem: the current one, and whether it is finished."""

from __future__ import annotations

from detections.incidents.models import Incident
from detections.incidents.postmortem_models import PostmortemVersion


def current(incident: Incident) -> PostmortemVersion | None:
    """The newest version; None before the first is drafted. One query."""
    return PostmortemVersion.objects.filter(incident=incident).order_by("-number").first()


def is_finished(incident: Incident) -> bool:
    """Whether the newest version is marked as finished. One query."""
    newest = current(incident)
    return newest is not None and newest.finished
