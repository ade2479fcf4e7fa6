"""The page of a daily summary as a template context, and the rows of their list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db.models import Prefetch, QuerySet

from detections.alerts.channels.summary_facts import SummaryItem
from detections.alerts.delivery_models import Delivery
from detections.alerts.summary.models import DailySummary
from detections.alerts.summary.receivers import receivers


def summaries() -> QuerySet[DailySummary]:
    """All, each with its messages as `messages_sent`. Two queries."""
    messages = Delivery.objects.filter(kind=Delivery.Kind.SUMMARY).select_related("target").order_by("target__name")
    return DailySummary.objects.prefetch_related(Prefetch("deliveries", messages, to_attr="messages_sent"))


def context(summary: DailySummary) -> dict[str, Any]:
    """What it says, who got it, and who will get the next one. Two queries."""
    sections = [
        {**section, "items_shown": _shown(section), "left": section["total"] - len(section["items"])}
        for section in summary.content["sections"]
    ]
    return {"summary": summary, "sections": sections, "receivers": receivers(), "due": due()}


def due() -> str:
    """`09:00 America/New_York`."""
    return f"{settings.SUMMARY_TIME:%H:%M} {settings.SUMMARY_ZONE.key}"


def _shown(section: Mapping[str, Any]) -> list[dict[str, str]]:
    """The items with addresses on this page's own host, whatever its name was then."""
    items: list[SummaryItem] = section["items"]
    return [{"text": item["text"], "url": item["url"].removeprefix(settings.PUBLIC_URL)} for item in items]
