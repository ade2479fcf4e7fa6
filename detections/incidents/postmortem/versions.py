"""The versions of a postmortem: the current one, the earlier ones, whether it is finished."""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet

from detections.incidents.action_models import ActionItem
from detections.incidents.action_text import in_markdown
from detections.incidents.models import Incident
from detections.incidents.postmortem.placeholders import filled
from detections.incidents.postmortem_models import PostmortemVersion


def current(incident: Incident) -> PostmortemVersion | None:
    """The newest version; None before the first is drafted. One query."""
    return PostmortemVersion.objects.filter(incident=incident).order_by("-number").first()


def is_finished(incident: Incident) -> bool:
    """Whether the newest version is marked as finished. One query."""
    newest = PostmortemVersion.objects.filter(incident=incident).order_by("-number")
    return newest.values_list("finished", flat=True).first() is True


def history(incident: Incident) -> QuerySet[PostmortemVersion]:
    """All versions, newest first, without their texts."""
    return PostmortemVersion.objects.filter(incident=incident).order_by("-number").defer("text")


def as_read(text: str, incident: Incident, today: date) -> str:
    """A text with the action items as they are now. One query."""
    items = ActionItem.objects.filter(incident=incident).select_related("owner").order_by("pk")
    return filled(text, [in_markdown(item, today) for item in items])
