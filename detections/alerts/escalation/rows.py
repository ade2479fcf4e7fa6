"""The escalation of a group as a row: begun, stopped, resumed, ended. The caller holds `causes.store.lock`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import ObjectDoesNotExist

from detections.alerts.causes.models import AlertGroup
from detections.alerts.delivery_models import Delivery
from detections.alerts.escalation import state
from detections.alerts.escalation.models import Escalation, EscalationPolicy
from detections.alerts.escalation.plan import EscalationPlan, PlannedName, PlannedStep, read_plan
from detections.alerts.escalation.state import EscalationState, EscalationStatus
from detections.alerts.models import Alert

WAITING = EscalationStatus.WAITING


def start(group: AlertGroup, queued: Iterable[Delivery], now: datetime, *, rose: bool = False) -> None:
    """Begins the escalation of the first notification policy that has one, of those that routed the messages `queued`,
    unless the group has one already.

    `rose`: the group's severity has risen. Its escalation begins anew: as the policies say that it is routed by now,
    else with the steps that it had. No query where neither has one.
    """
    chosen = next((delivery.escalation for delivery in queued if delivery.escalation is not None), None)
    if chosen is None and not rose:
        return
    earlier = Escalation.objects.filter(group=group).first()
    if earlier is not None and not rose:
        return
    policy = EscalationPolicy.objects.filter(pk=chosen).first() if chosen is not None else None
    plan = plan_of(policy) if policy is not None else None
    if policy is not None and plan is not None:
        new = {"policy": policy, "policy_name": policy.name, "plan": plan.as_data(), "started_at": now, "held_back": ""}
        Escalation.objects.update_or_create(group=group, defaults={**new, **_values(state.begin(plan.timing, now))})
    elif earlier is not None:
        earlier.started_at, earlier.held_back = now, ""
        write(earlier, state.begin(read_plan(earlier.plan).timing, now))


def take_over(absorbed: AlertGroup, group: AlertGroup) -> None:
    """That of a group that became part of another goes on as the other's where that has none, or one that does not run
    while this one does, or is due later; else it ends."""
    found = {row.group_id: row for row in Escalation.objects.filter(group__in=[absorbed.pk, group.pk])}
    theirs, own = found.get(absorbed.pk), found.get(group.pk)
    if theirs is None:
        return
    if own is not None and not _sooner(theirs, own):
        end(absorbed)
        return
    if own is not None:
        own.delete()
    Escalation.objects.filter(pk=theirs.pk).update(group=group)


def _sooner(one: Escalation, other: Escalation) -> bool:
    """Whether it tells somebody while the other does not, or before the other does."""
    due, others = (each.due_at if each.status == WAITING else None for each in (one, other))
    return due is not None and (others is None or due < others)


def follow_leader(group: AlertGroup, now: datetime) -> None:
    """After another alert leads, or groups merged: stops it where somebody has the leader; where nobody has that, and
    the acknowledgment of another alert stopped it, it goes on."""
    if group.leader is None:
        return
    if group.leader.handling == Alert.Handling.ACKNOWLEDGED:
        stop(group)
    elif Escalation.objects.filter(group=group, status=EscalationStatus.STOPPED).exists():
        resume(group, now)


def plan_of(policy: EscalationPolicy) -> EscalationPlan | None:
    """The policy's steps as they are now; None without any. Three queries."""
    steps = tuple(
        PlannedStep(
            minutes=step.wait_minutes,
            targets=tuple(PlannedName(each.pk, each.name) for each in step.targets.all()),
            owners=tuple(PlannedName(each.pk, each.name) for each in step.owners.all()),
        )
        for step in policy.steps.prefetch_related("targets", "owners")
    )
    return EscalationPlan(steps, policy.repeat) if steps else None


def stop(group: AlertGroup) -> None:
    """Stops it, since somebody acknowledged, with messages of steps that were not tried yet."""
    escalation = Escalation.objects.filter(group=group).first()
    if escalation is None:
        return
    write(escalation, state.stop(state_of(escalation)))
    untried = group.deliveries.filter(status__in=[Delivery.Status.QUEUED, Delivery.Status.SUPPRESSED], tries=0)
    untried.filter(kind=Delivery.Kind.ESCALATION).update(status=Delivery.Status.OVERTAKEN, next_attempt_at=None)


def resume(group: AlertGroup, now: datetime) -> None:
    """Goes on at the interrupted step, due now: the acknowledgment has run out."""
    escalation = Escalation.objects.filter(group=group).first()
    if escalation is not None:
        escalation.started_at = now
        write(escalation, state.resume(read_plan(escalation.plan).timing, state_of(escalation), now))


def end(group: AlertGroup) -> None:
    """Ends it with the group. One query."""
    Escalation.objects.filter(group=group).update(
        **_values(EscalationState(EscalationStatus.ENDED), "status", "due_at")
    )


def escalation_of(alert: Alert) -> Escalation | None:
    """That of the alert's group; None without one. No query where it was loaded with the alert."""
    try:
        return alert.grouped.group.escalation
    except ObjectDoesNotExist:
        return None


def state_of(escalation: Escalation) -> EscalationState:
    """The row as the state machine's state."""
    return EscalationState(EscalationStatus(escalation.status), escalation.step, escalation.round, escalation.due_at)


def write(escalation: Escalation, after: EscalationState) -> None:
    """Writes the state to the row."""
    for name, value in _values(after).items():
        setattr(escalation, name, value)
    escalation.save()


def _values(of: EscalationState, *names: str) -> dict[str, object]:
    values = {"status": of.status.value, "step": of.step, "round": of.round, "due_at": of.due_at}
    return {name: values[name] for name in names or values}
