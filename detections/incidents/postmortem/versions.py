"""The versions of a postmortem: the current one, the earlier ones, whether it is finished."""

from __future__ import annotations

from datetime import date

from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from detections.incidents.action_models import ActionItem
from detections.incidents.action_text import in_markdown
from detections.incidents.models import Incident
from detections.incidents.postmortem.placeholders import filled
from detections.incidents.postmortem_models import PostmortemVersion
from opsconsole.lib.text.markdown import plain


def current(incident: Incident) -> PostmortemVersion | None:
    """The newest version; None before the first is drafted. One query."""
    return PostmortemVersion.objects.filter(incident=incident).order_by("-number").first()


def is_finished(incident: Incident) -> bool:
    """Whether the newest version is marked as finished. One query."""
    newest = PostmortemVersion.objects.filter(incident=incident).order_by("-number")
    return newest.values_list("finished", flat=True).first() is True


def finished_of() -> Coalesce:
    """Of a query of incidents, whether the newest version of each is marked as finished."""
    newest = PostmortemVersion.objects.filter(incident=OuterRef("pk")).order_by("-number").values("finished")[:1]
    return Coalesce(Subquery(newest), Value(False))


def history(incident: Incident) -> QuerySet[PostmortemVersion]:
    """All versions, newest first, without their texts."""
    return PostmortemVersion.objects.filter(incident=incident).order_by("-number").defer("text")


def as_read(text: str, incident: Incident, today: date) -> str:
    """A text with the incident's title and the action items as they are now. One query."""
    items = ActionItem.objects.filter(incident=incident).select_related("owner").order_by("pk")
    title = f"{incident.name}: {plain(incident.title)}"
    return filled(text, title, [in_markdown(item, today) for item in items])
