"""Hands an alert over to an owner, and calls further owners to it. Of two people at once one wins, the other gets a
Conflict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from detections.alerts.delivery.drafts import REACHED, Recipients
from detections.alerts.delivery.enqueue import notify
from detections.alerts.delivery.updates import UNTRIED
from detections.alerts.delivery_models import Delivery
from detections.alerts.escalation.models import Responder
from detections.alerts.escalation.reach import targets_of
from detections.alerts.handling.acknowledge import Conflict, append, lock_with_scope, name_of, refuse_what_is_over
from detections.alerts.models import Alert
from opsconsole.accounts.models import Owner, User

Kind = Delivery.Kind
NOBODY_TOLD = "nobody could be told: no target is bound to it"


def hand_over(alert_id: int, by: User, now: datetime, *, to: Owner, seen: int | None = None, actor: str = "") -> Alert:
    """Assigns the alert to `to`, tells its targets, and returns it. Whoever acknowledged it keeps it until they do.

    To the same owner again it changes nothing. `seen` and `actor` as in `acknowledge`. Raises Alert.DoesNotExist, and
    Conflict when the alert is closed, does not fire yet, or has changed since `seen`.
    """
    actor = actor or name_of(by)
    with transaction.atomic():
        alert = lock_with_scope(alert_id)
        _refuse_what_does_not_fire(alert)
        if alert.assignee_id == to.pk:
            return alert
        if seen is not None and seen != alert.revision:
            raise Conflict(alert, _changed(alert))
        old, alert.assignee = alert.assignee, to
        alert.revision += 1
        alert.save()
        alert.changed = True
        told = _Act(alert, to, actor, now).tell(Kind.HANDED_OVER, _targets(to), f"{actor} hands it over to {to}.")
        why = "" if told else NOBODY_TOLD
        append(alert, now, "assigned", actor=actor, by=by, old=str(old or ""), new=f"handed over to {to}", why=why)
        return alert


def add_responder(
    alert_id: int, by: User, now: datetime, *, to: Owner, seen: int | None = None, actor: str = ""
) -> Alert:
    """Calls `to` to the alert, acknowledged or not: its targets are told, once; the assignee stays, and whoever has it.

    One who is called already is not told again. `actor` as in `acknowledge`; `seen` is not asked for, since nobody
    loses anything by it. Raises Alert.DoesNotExist, and Conflict when the alert is closed or does not fire yet.
    """
    actor = actor or name_of(by)
    with transaction.atomic():
        alert = lock_with_scope(alert_id)
        _refuse_what_does_not_fire(alert)
        if alert.responders.filter(owner=to, stopped_at__isnull=True).exists():
            return alert
        Responder.objects.create(alert=alert, owner=to, added_at=now, added_by=actor)
        alert.changed = True
        told = _Act(alert, to, actor, now).tell(Kind.RESPONDER, _targets(to), f"{actor} asks {to} for help.")
        append(alert, now, "responder", actor=actor, by=by, new=f"asked {to} for help", why="" if told else NOBODY_TOLD)
        return alert


def stop_responder(
    alert_id: int, by: User, now: datetime, *, to: Owner, seen: int | None = None, actor: str = ""
) -> Alert:
    """Calls `to` off: a message that was not tried yet is not sent, and who got one is told that it is over.

    One who was not called, or was called off before, changes nothing, nor does a closed alert.
    """
    actor = actor or name_of(by)
    with transaction.atomic():
        alert = lock_with_scope(alert_id)
        if not alert.responders.filter(owner=to, stopped_at__isnull=True).update(stopped_at=now):
            return alert
        alert.changed = True
        asked = alert.deliveries.filter(kind=Kind.RESPONDER, target__in=_targets(to))
        asked.filter(UNTRIED).update(status=Delivery.Status.OVERTAKEN, next_attempt_at=None)
        if alert.dedup_key is not None:
            told = asked.filter(REACHED).values_list("target_id", flat=True).distinct()
            _Act(alert, to, actor, now).tell(Kind.CALLED_OFF, list(told), f"{actor} no longer needs {to}.")
        append(alert, now, "responder", actor=actor, by=by, new=f"called off {to}")
        return alert


@dataclass(frozen=True)
class _Act:
    """What a person does about an owner."""

    alert: Alert
    owner: Owner
    actor: str
    now: datetime

    def tell(self, kind: Kind, targets: Sequence[int], why: str) -> bool:
        """Queues a message to the targets; whether there are any."""
        to = Recipients(targets, f"owner {self.owner}", why)
        self.alert.was_told = bool(notify(self.alert, kind, self.now, actor=self.actor, why=why, to=to))
        return self.alert.was_told


def _refuse_what_does_not_fire(alert: Alert) -> None:
    refuse_what_is_over(alert)
    if alert.status == Alert.Status.PENDING:  # it has no group yet, and may pass without a word
        raise Conflict(alert, "It does not fire yet, and nobody was told of it: there is nothing to hand over.")


def _targets(owner: Owner) -> list[int]:
    return targets_of([owner])[owner.pk]


def _changed(alert: Alert) -> str:
    if alert.assignee is not None:
        return f"It changed since you saw it, and is handed over to {alert.assignee}; look at it again."
    return "It changed since you saw it; look at it again and then hand it over."
