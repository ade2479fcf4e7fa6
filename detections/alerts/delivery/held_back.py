"""What holds back an alert at present, so that nobody else is called to it meanwhile."""

from __future__ import annotations

from datetime import datetime

from detections.alerts.alert_subject import never_pages
from detections.alerts.causes.store import open_members
from detections.alerts.delivery.inhibition import inhibited_by
from detections.alerts.models import Alert
from detections.alerts.silences.in_force import not_hidden, silenced
from opsconsole.lib.text.humanize import utc

NOBODY_IS_CALLED = "its rule never pages"


def held_back(alert: Alert, now: datetime) -> str:
    """Why the alert is held back at `now`, in words; '' where nothing holds it back, or where others of its group are
    to be told of. Load the alert with its rule; it is in a group."""
    hiding = silenced([alert], now).get(alert.pk)
    if hiding and not not_hidden({alert.grouped.group_id}, now):
        return f"hidden by {hiding[0].silence} until {utc(hiding[0].until)}"
    inhibiting = inhibited_by([alert]).get(alert.pk)
    if inhibiting is not None:
        return f"held back while {inhibiting} fires"
    return NOBODY_IS_CALLED if _never_pages(alert) else ""


def _never_pages(alert: Alert) -> bool:
    """Whether nobody may be called for any that is open in its group: it outlived one that called people."""
    if not never_pages(alert):
        return False
    others = open_members(alert.grouped.group).exclude(pk=alert.pk).select_related("version")
    return all(never_pages(other) for other in others)
