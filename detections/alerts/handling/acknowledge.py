"""A person takes an alert in hand. Compare-and-set: of two at once one wins, and the other is told who."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from detections.alerts.delivery.enqueue import notify
from detections.alerts.episode.store import clear_acknowledgment
from detections.alerts.models import Alert, AlertLog, Delivery
from opsconsole.accounts.models import User

logger = logging.getLogger(__name__)

ACKNOWLEDGED = Alert.Handling.ACKNOWLEDGED
# From the reminder to the end of the acknowledgment.
GRACE = timedelta(minutes=10)


class Conflict(Exception):
    """Someone or something was first; `alert` is as it is now, the text tells a person what happened."""

    def __init__(self, alert: Alert, message: str) -> None:
        super().__init__(message)
        self.alert = alert
        self.message = message


def acknowledge(alert_id: int, by: User, now: datetime, *, seen: int | None = None, actor: str = "") -> Alert:
    """Acknowledge as `by` and return the alert. Again by the same person: nothing, or a renewal once it was reminded.

    `seen` is the revision that the person looked at; None accepts any. `actor` is the name for the log where it is
    not the user's own (a token). Raises Alert.DoesNotExist, and Conflict when someone else has it, when it is closed
    or when it changed since it was seen.
    """
    with transaction.atomic():
        alert = lock(alert_id)
        if alert.handling == ACKNOWLEDGED and alert.acknowledged_by_id == by.pk:
            if alert.reminded_at is not None:
                _take(alert, by, now, actor or name_of(by), "renewed before it ran out")
            return alert
        _refuse_conflicts(alert, seen)
        _take(alert, by, now, actor or name_of(by), "")
        notify(alert, Delivery.Kind.ACKNOWLEDGED, now, actor=actor or name_of(by))
        return alert


def expire(now: datetime) -> int:
    """Remind of acknowledgments whose time is up, and end those that were reminded and not renewed. Returns how many.

    After a downtime each is reminded once and gets its full grace; nothing is made up for. An alert that cannot be
    worked on is reported in the log and left as it is; it holds up no other.
    """
    done = 0
    for alert_id in list(_due(now).values_list("pk", flat=True)):
        try:
            done += _expire_one(alert_id, now)
        except Exception:
            logger.exception("the acknowledgment of alert %s could not be worked on; it stays due", alert_id)
    return done


def _expire_one(alert_id: int, now: datetime) -> int:
    """1, or 0 where somebody else was first."""
    with transaction.atomic():
        alert = _lock_due(alert_id, now)
        if alert is None:
            return 0
        if alert.reminded_at is None:
            _remind(alert, now)
        else:
            _end(alert, now)
    return 1


def lock(alert_id: int) -> Alert:
    """The alert with all that pages and messages name, its row locked. Raises Alert.DoesNotExist."""
    Alert.objects.select_for_update(no_key=True).only("pk").get(pk=alert_id)
    # Read anew: a row that was waited for comes with the joined rows of before the wait.
    people = ("acknowledged_by", "resolved_by")
    return Alert.objects.select_related("rule", "project", "project_environment", "evidence", *people).get(pk=alert_id)


def name_of(user: User) -> str:
    """How the log names a person."""
    return user.get_full_name() or user.get_username()


def append(alert: Alert, now: datetime, kind: str, *, actor: str, by: User | None = None, **words: str) -> None:
    """One log row for something that a person, or the clock, did to `alert`."""
    AlertLog.objects.create(alert=alert, at=now, kind=kind, actor=by, actor_name=actor, **words)


def _refuse_conflicts(alert: Alert, seen: int | None) -> None:
    if alert.dedup_key is None:
        raise Conflict(alert, f"It is already over: {alert.resolution or alert.status}.")
    if alert.handling == ACKNOWLEDGED and alert.acknowledged_by is not None:
        raise Conflict(alert, f"{name_of(alert.acknowledged_by)} acknowledged it first.")
    if seen is not None and seen != alert.revision:
        raise Conflict(alert, "It changed since you saw it; look at it again and then acknowledge it.")


def _take(alert: Alert, by: User, now: datetime, actor: str, why: str) -> None:
    lasts = expiry(alert.severity)
    old = alert.handling
    alert.handling, alert.acknowledged_by, alert.acknowledged_at = ACKNOWLEDGED, by, now
    alert.acknowledged_until = alert.due_at = now + lasts if lasts else None
    alert.reminded_at = None
    alert.revision += 1
    alert.save()
    append(alert, now, "acknowledged", actor=actor, by=by, old=old, new=ACKNOWLEDGED, why=why)


def expiry(severity: int) -> timedelta | None:
    """How long an acknowledgment lasts; None: until the episode ends (below high nobody is paged)."""
    minutes = settings.ACK_EXPIRY_MINUTES.get(severity)
    return timedelta(minutes=minutes) if minutes else None


def _due(now: datetime) -> QuerySet[Alert]:
    return Alert.objects.filter(due_at__lte=now, dedup_key__isnull=False, handling=ACKNOWLEDGED).order_by("due_at")


def _lock_due(alert_id: int, now: datetime) -> Alert | None:
    """None where another worker holds it, or it is due no more."""
    free = _due(now).select_for_update(no_key=True, skip_locked=True).filter(pk=alert_id).only("pk").first()
    return lock(alert_id) if free else None


def _remind(alert: Alert, now: datetime) -> None:
    alert.reminded_at, alert.due_at = now, now + GRACE
    alert.acknowledged_until = alert.due_at
    alert.save()
    holder = name_of(alert.acknowledged_by) if alert.acknowledged_by else ""
    append(alert, now, "reminder", actor="clock", new=holder, why="the acknowledgment runs out in 10 minutes")
    notify(alert, Delivery.Kind.REMINDER, now, actor=holder, why="Acknowledge it again to keep it.")


def _end(alert: Alert, now: datetime) -> None:
    holder = name_of(alert.acknowledged_by) if alert.acknowledged_by else ""
    clear_acknowledgment(alert)
    alert.revision += 1
    alert.save()
    why = f"{holder}'s acknowledgment ran out"
    append(alert, now, "unacknowledged", actor="clock", old=ACKNOWLEDGED, new=Alert.Handling.UNACKNOWLEDGED, why=why)
    notify(alert, Delivery.Kind.EXPIRED, now, why=why)
