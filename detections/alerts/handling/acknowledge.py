"""Acknowledging an alert, and the expiry of acknowledgments. Of two people at once one succeeds, the other gets a
Conflict."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from detections.alerts.causes import store as causes
from detections.alerts.causes.models import GroupedAlert
from detections.alerts.delivery.enqueue import notify
from detections.alerts.delivery_models import Delivery
from detections.alerts.episode.store import clear_acknowledgment
from detections.alerts.escalation import rows as escalation
from detections.alerts.models import Alert, AlertLog
from detections.rules.models import Scope
from opsconsole.accounts.models import User
from opsconsole.accounts.owners import is_behind

logger = logging.getLogger(__name__)

ACKNOWLEDGED = Alert.Handling.ACKNOWLEDGED
# Time between the reminder and the end of the acknowledgment.
GRACE = timedelta(minutes=10)


class Conflict(Exception):
    """The alert has changed meanwhile. `alert` is as it is now; `message` is a sentence for the user."""

    def __init__(self, alert: Alert, message: str) -> None:
        super().__init__(message)
        self.alert = alert
        self.message = message


def acknowledge(alert_id: int, by: User, now: datetime, *, seen: int | None = None, actor: str = "") -> Alert:
    """Acknowledges the alert as `by` and returns it; if it leads its group, the open ones of that too that nobody has.
    Repeated by the same person it changes nothing, or renews the acknowledgment after a reminder and tells that.

    Whoever it was handed over to may take it from the one who acknowledged it. `seen` is the revision that the person
    saw; None accepts any. `actor` is the name in the log where it is not the user's own (a token). Raises
    Alert.DoesNotExist, and Conflict when the alert is acknowledged by another person, is closed, or has changed since
    `seen`.
    """
    actor = actor or name_of(by)
    with transaction.atomic():
        alert, others = _lock_with_group(alert_id)
        mine = alert.handling == ACKNOWLEDGED and alert.acknowledged_by_id == by.pk
        if mine and alert.reminded_at is None:
            return alert
        if not mine:
            _refuse_conflicts(alert, by, seen)
        _acknowledge(alert, by, now, actor, "renewed before it ran out" if mine else "")
        for other in others:
            if other.handling != ACKNOWLEDGED or (other.acknowledged_by_id == by.pk and other.reminded_at is not None):
                _acknowledge(other, by, now, actor, f"with {alert}, which leads its group")
        causes.lock(alert.project_environment_id)
        group = causes.led_by(alert)
        if group is not None:
            if not mine:
                escalation.stop(group)
            # A renewal too: its reminder has paged all these targets again.
            notify(alert, Delivery.Kind.ACKNOWLEDGED, now, actor=actor, why=f"{actor} keeps it." if mine else "")
        return alert


def expire(now: datetime) -> int:
    """Sends reminders for acknowledgments that are due, and ends those not renewed after one; returns how many.

    After a downtime each gets one reminder and the full grace time. An alert for which this raises is logged and
    skipped.
    """
    done = 0
    for alert_id in list(_due(now).values_list("pk", flat=True)):
        try:
            done += _expire_one(alert_id, now)
        except Exception:
            logger.exception("the acknowledgment of alert %s could not be expired; it stays due", alert_id)
    return done


def _expire_one(alert_id: int, now: datetime) -> int:
    """1, or 0 where another worker was first."""
    with transaction.atomic():
        alert = lock_free(_due(now), alert_id)
        if alert is None:
            return 0
        if alert.reminded_at is None:
            _remind(alert, now)
        else:
            _expire(alert, now)
    return 1


def lock(alert_id: int) -> Alert:
    """Locks the alert and returns it with the related rows that messages need. The caller has locked its scope. Raises
    Alert.DoesNotExist."""
    Alert.objects.select_for_update(no_key=True).only("pk").get(pk=alert_id)
    # A second query: after waiting for the lock, joined rows would be as before the wait.
    return _read().get(pk=alert_id)


def lock_with_scope(alert_id: int) -> Alert:
    """Locks the scope, then the alert: the order of `apply_verdicts` and `shared_alert`, so that none of them can
    deadlock. Raises Alert.DoesNotExist."""
    scope = Alert.objects.values_list("scope_id", flat=True).get(pk=alert_id)
    Scope.objects.select_for_update(no_key=True).get(pk=scope)
    return lock(alert_id)


def lock_free(due: QuerySet[Alert], alert_id: int) -> Alert | None:
    """As `lock_with_scope`, without waiting: None where another worker has either, or the alert is not in `due` any
    more."""
    scopes = Scope.objects.select_for_update(no_key=True, skip_locked=True, of=("self",)).filter(alerts=alert_id)
    rows = due.select_for_update(no_key=True, skip_locked=True, of=("self",)).filter(pk=alert_id).only("pk")
    if scopes.only("pk").first() is None or rows.first() is None:
        return None
    return lock(alert_id)


def _read() -> QuerySet[Alert]:
    people = ("acknowledged_by", "resolved_by", "assignee")
    return Alert.objects.select_related("rule", "version", "project", "project_environment", "evidence", *people)


def _lock_with_group(alert_id: int) -> tuple[Alert, list[Alert]]:
    """Locks the alert with its scope and, if it leads, the other open ones of its group, in the order of
    `apply_verdicts`, so that the two cannot deadlock. What joins meanwhile is left out."""
    led = GroupedAlert.objects.filter(group__leader=alert_id, alert__dedup_key__isnull=False)
    ids = {alert_id, *led.values_list("alert_id", flat=True)}
    scopes = Scope.objects.filter(alerts__in=ids).order_by("pk")
    list(scopes.select_for_update(no_key=True, of=("self",)).values_list("pk"))
    list(Alert.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk").values_list("pk"))
    alerts = {alert.pk: alert for alert in _read().filter(pk__in=ids).order_by("pk")}
    if alert_id not in alerts:
        raise Alert.DoesNotExist
    alert = alerts.pop(alert_id)
    return alert, [other for other in alerts.values() if other.dedup_key is not None]


def name_of(user: User) -> str:
    """The person's name in the log: full name, else user name."""
    return user.get_full_name() or user.get_username()


def append(alert: Alert, now: datetime, kind: str, *, actor: str, by: User | None = None, **words: str) -> None:
    """Writes a log row for an act of a person or of the clock."""
    AlertLog.objects.create(alert=alert, at=now, kind=kind, actor=by, actor_name=actor, **words)


def refuse_what_is_over(alert: Alert) -> None:
    """Raises Conflict where the alert is closed."""
    if alert.dedup_key is None:
        raise Conflict(alert, f"It is already over: {alert.resolution or alert.status}.")


def _refuse_conflicts(alert: Alert, by: User, seen: int | None) -> None:
    refuse_what_is_over(alert)
    handed_to_them = alert.assignee is not None and is_behind(by, alert.assignee)
    if alert.handling == ACKNOWLEDGED and alert.acknowledged_by is not None and not handed_to_them:
        raise Conflict(alert, f"{name_of(alert.acknowledged_by)} acknowledged it first.")
    if seen is not None and seen != alert.revision:
        raise Conflict(alert, "It changed since you saw it; look at it again and then acknowledge it.")


def _acknowledge(alert: Alert, by: User, now: datetime, actor: str, why: str) -> None:
    lasts = expiry(alert.severity)
    old = alert.handling
    alert.handling, alert.acknowledged_by, alert.acknowledged_at = ACKNOWLEDGED, by, now
    alert.acknowledged_until = alert.due_at = now + lasts if lasts else None
    alert.reminded_at = None
    alert.revision += 1
    alert.save()
    alert.changed = True
    append(alert, now, "acknowledged", actor=actor, by=by, old=old, new=ACKNOWLEDGED, why=why)


def expiry(severity: int) -> timedelta | None:
    """How long an acknowledgment lasts; None (below high severity, where nobody is paged): until the alert ends."""
    minutes = settings.ACK_EXPIRY_MINUTES.get(severity)
    return timedelta(minutes=minutes) if minutes else None


def _due(now: datetime) -> QuerySet[Alert]:
    return Alert.objects.filter(due_at__lte=now, dedup_key__isnull=False, handling=ACKNOWLEDGED).order_by("due_at")


def _remind(alert: Alert, now: datetime) -> None:
    alert.reminded_at, alert.due_at = now, now + GRACE
    alert.acknowledged_until = alert.due_at
    alert.save()
    name = name_of(alert.acknowledged_by) if alert.acknowledged_by else ""
    append(alert, now, "reminder", actor="clock", new=name, why="the acknowledgment runs out in 10 minutes")
    if causes.led_by(alert) is not None:
        notify(alert, Delivery.Kind.REMINDER, now, actor=name, why="Acknowledge it again to keep it.")


def _expire(alert: Alert, now: datetime) -> None:
    name = name_of(alert.acknowledged_by) if alert.acknowledged_by else ""
    clear_acknowledgment(alert)
    alert.revision += 1
    alert.save()
    why = f"{name}'s acknowledgment ran out"
    append(alert, now, "unacknowledged", actor="clock", old=ACKNOWLEDGED, new=Alert.Handling.UNACKNOWLEDGED, why=why)
    causes.lock(alert.project_environment_id)
    if (group := causes.led_by(alert)) is not None:
        notify(alert, Delivery.Kind.EXPIRED, now, why=why)
        escalation.resume(group, now)
