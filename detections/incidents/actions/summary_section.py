"""Action items that are overdue, as a section of the daily summary."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.urls import reverse

from detections.alerts.channels.summary_facts import SummaryItem, SummarySection
from detections.alerts.summary.models import DailySummary
from detections.alerts.summary.section import MOST, item, number, section
from detections.incidents.action_models import ActionItem
from detections.incidents.actions.queries import items, overdue


def overdue_actions(summary: DailySummary, now: datetime) -> list[SummarySection]:
    """Those whose day was over, in the zone of the summary; the longest overdue first. Two queries."""
    rows = overdue(items(), summary.until.astimezone(settings.SUMMARY_ZONE).date()).order_by("due", "pk")
    total = rows.count()
    title = f"{number(total, 'action item')} overdue"
    return [section("actions", title, total, map(_line, rows[:MOST]))]


def _line(action: ActionItem) -> SummaryItem:
    owner = action.owner.name if action.owner else "of nobody"
    text = f"{action.text} ({owner}, due {action.due:%Y-%m-%d}), {action.incident}"
    return item(text, f"{reverse('incident', args=[action.incident_id])}#action-{action.pk}")
