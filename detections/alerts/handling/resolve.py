"""Ends alerts other than by their condition: by hand, or because their rule was disabled."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from detections.alerts.delivery_models import Delivery
from detections.alerts.episode import store
from detections.alerts.handling.acknowledge import Conflict, append, lock_with_scope, name_of
from detections.alerts.handling.disabled_modes import DISABLED
from detections.alerts.handling.group_messages import AlertNotice, GroupMessages
from detections.alerts.handling.shared_alert import firing_members
from detections.alerts.models import Alert, ScopeSuppression
from detections.telemetry.routes import MORE
from opsconsole.accounts.models import User

logger = logging.getLogger(__name__)


class StillFiresError(Conflict):
    """The alert still fires, and the person has not said that it is to be resolved all the same."""


def resolve(
    alert_id: int,
    by: User,
    now: datetime,
    *,
    seen: int | None = None,
    actor: str = "",
    why: str = "",
    confirmed: bool = True,
) -> Alert:
    """Resolves the alert as `by`; by the same person again it changes nothing. A new one opens only after the scope was
    clear once, or at a higher severity; at once where it is shared and all its members are clear.

    `seen` and `actor` as in `acknowledge`. Raises Alert.DoesNotExist, Conflict when the alert was closed otherwise or
    has changed since `seen`, and StillFiresError when it fires and the act is not `confirmed`.
    """
    with transaction.atomic():
        alert = lock_with_scope(alert_id)
        if alert.dedup_key is None:
            if alert.resolved_by_id == by.pk:
                return alert
            raise Conflict(alert, _who_closed(alert))
        _refuse_conflicts(alert, seen, confirmed=confirmed)
        alert.resolved_by = by
        # A shared alert whose members are all clear gets no verdict that could lift the suppression.
        if alert.group_key != MORE or firing_members().filter(alert=alert).exists():
            store.suppress(alert.scope, alert.severity, now)
        close(alert, now, why or "resolved by hand", actor=actor or name_of(by), by=by)
        return alert


def _refuse_conflicts(alert: Alert, seen: int | None, *, confirmed: bool) -> None:
    if seen is not None and seen != alert.revision:
        raise Conflict(alert, "It changed since you saw it; look at it again and then resolve it.")
    if not confirmed and (question := alert.asked_before_resolving):
        raise StillFiresError(alert, question)


def resolve_disabled(now: datetime) -> int:
    """Closes the open alerts of disabled rules, and ends the firing of members of closed ones; returns how many alerts
    it has closed. One for which this raises is logged and skipped."""
    is_open, with_members = Q(dedup_key__isnull=False), Q(pk__in=firing_members().values("alert"))
    disabled = Alert.objects.filter(is_open | with_members, rule__mode__in=DISABLED).values_list("pk", flat=True)
    closed = 0
    for alert_id in list(disabled):
        try:
            closed += _end_disabled(alert_id, now)
        except Exception:
            logger.exception("alert %s of a disabled rule could not be closed; the next run tries again", alert_id)
    return closed


def _end_disabled(alert_id: int, now: datetime) -> int:
    """1, or 0 where it was closed before or its rule is enabled again."""
    with transaction.atomic():
        alert = lock_with_scope(alert_id)
        if alert.rule.mode not in DISABLED:
            return 0
        # No verdict will say that they are clear, nor lift what was suppressed until they are.
        if firing_members().filter(alert=alert).update(cleared_at=now):
            ScopeSuppression.objects.filter(scope=alert.scope).delete()
        if alert.dedup_key is None:
            return 0
        close(alert, now, f"the rule was set to {alert.rule.mode}", actor=store.ENGINE)
    return 1


def close(alert: Alert, now: datetime, why: str, *, actor: str, by: User | None = None) -> None:
    """Ends the locked alert, with a line in its log and its messages."""
    old = alert.status
    pending = old == Alert.Status.PENDING
    alert.status = Alert.Status.INACTIVE if pending else Alert.Status.RESOLVED
    alert.status_since = now
    store.close(alert, now, why)
    alert.revision += 1
    alert.save()
    alert.changed = True
    append(alert, now, alert.status, actor=actor, by=by, old=old, new=alert.status, why=why)
    messages = GroupMessages(now)
    messages.tell(AlertNotice(alert, Delivery.Kind.RESOLVED, actor=actor if by else "", why=why))
    messages.flush()


def _who_closed(alert: Alert) -> str:
    if alert.resolved_by is not None:
        return f"{name_of(alert.resolved_by)} resolved it first."
    return f"It is already over: {alert.resolution or alert.status}."
