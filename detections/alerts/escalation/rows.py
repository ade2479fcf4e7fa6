"""The escalation of an alert as a row: begun, stopped, resumed, ended. The caller has locked the alert."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from detections.alerts.escalation import state
from detections.alerts.escalation.models import Escalation, EscalationPolicy
from detections.alerts.escalation.plan import EscalationPlan, PlannedName, PlannedStep, read_plan
from detections.alerts.escalation.state import EscalationState, EscalationStatus
from detections.alerts.models import Alert, Delivery


def start(alert: Alert, queued: Iterable[Delivery], now: datetime, *, rose: bool = False) -> None:
    """Begins the escalation of the first notification policy that has one, of those that routed the messages `queued`.

    `rose`: the severity of an open alert has risen. Its escalation begins anew: as the policies say that it is routed
    by now, else with the steps that it had. No query where neither has one.
    """
    chosen = next((delivery.escalation for delivery in queued if delivery.escalation is not None), None)
    policy = EscalationPolicy.objects.filter(pk=chosen).first() if chosen is not None else None
    plan = plan_of(policy) if policy is not None else None
    if policy is not None and plan is not None:
        new = {"policy": policy, "policy_name": policy.name, "plan": plan.as_data(), "started_at": now, "held_back": ""}
        Escalation.objects.update_or_create(alert=alert, defaults={**new, **_values(state.begin(plan.timing, now))})
    elif rose and (earlier := Escalation.objects.filter(alert=alert).first()) is not None:
        earlier.started_at, earlier.held_back = now, ""
        write(earlier, state.begin(read_plan(earlier.plan).timing, now))


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


def stop(alert: Alert) -> None:
    """Stops it, since somebody acknowledged, with messages of steps that were not tried yet."""
    escalation = Escalation.objects.filter(alert=alert).first()
    if escalation is None:
        return
    write(escalation, state.stop(state_of(escalation)))
    alert.deliveries.filter(kind=Delivery.Kind.ESCALATION, status=Delivery.Status.QUEUED, tries=0).update(
        status=Delivery.Status.OVERTAKEN, next_attempt_at=None
    )


def resume(alert: Alert, now: datetime) -> None:
    """Goes on at the interrupted step, due now: the acknowledgment has run out."""
    escalation = Escalation.objects.filter(alert=alert).first()
    if escalation is not None:
        escalation.started_at = now
        write(escalation, state.resume(read_plan(escalation.plan).timing, state_of(escalation), now))


def end(alert: Alert) -> None:
    """Ends it with the alert. One query."""
    Escalation.objects.filter(alert=alert).update(
        **_values(EscalationState(EscalationStatus.ENDED), "status", "due_at")
    )


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
