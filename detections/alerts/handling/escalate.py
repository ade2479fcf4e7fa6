"""Runs the steps of escalations that are due: each tells its owners and targets, and leaves a log row."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from detections.alerts.causes import store as causes
from detections.alerts.delivery.drafts import Recipients
from detections.alerts.delivery.enqueue import notify
from detections.alerts.delivery.held_back import held_back
from detections.alerts.delivery_models import Delivery
from detections.alerts.escalation import rows, state
from detections.alerts.escalation.models import Escalation
from detections.alerts.escalation.plan import PlannedStep, read_plan
from detections.alerts.escalation.reach import targets_of, usable_targets
from detections.alerts.handling.acknowledge import append, lock_free
from detections.alerts.models import Alert
from opsconsole.accounts.models import Owner

logger = logging.getLogger(__name__)
AT_ONCE = 500
# Until the next check of an alert that is held back: what holds it back changes no faster.
CHECK_AGAIN = timedelta(minutes=1)
CLOCK = "clock"
NOBODY_ANSWERED = "nobody answered; all steps done"


def escalate(now: datetime) -> int:
    """Runs what is due, one step for each alert that leads a group, and returns of how many. Any number of workers may
    do it at once. An alert for which this raises is logged and stays due."""
    done = 0
    for alert_id in list(_due(now).order_by("led__escalation__due_at").values_list("pk", flat=True)[:AT_ONCE]):
        try:
            done += _escalate_one(alert_id, now)
        except Exception:
            logger.exception("the escalation of alert %s could not go on; it stays due", alert_id)
    return done


def _due(now: datetime) -> QuerySet[Alert]:
    return Alert.objects.filter(
        led__escalation__due_at__lte=now, dedup_key__isnull=False, handling=Alert.Handling.UNACKNOWLEDGED
    )


@transaction.atomic
def _escalate_one(alert_id: int, now: datetime) -> int:
    """1, or 0 where another worker was first, or somebody acknowledged."""
    alert = lock_free(_due(now), alert_id)
    if alert is None:
        return 0
    causes.lock(alert.project_environment_id)
    # Read under the lock that whoever changes it holds; meanwhile another alert may lead.
    escalation = Escalation.objects.filter(group__leader=alert).first()
    if escalation is None or not state.is_due(rows.state_of(escalation), now):
        return 0
    escalation.held_back = held_back(alert, now)[:300]
    if escalation.held_back:
        rows.write(escalation, state.postpone(rows.state_of(escalation), now + CHECK_AGAIN))
        return 0
    _run(alert, escalation, now)
    return 1


def _run(alert: Alert, escalation: Escalation, now: datetime) -> None:
    """Runs the step that is due, or ends the escalation."""
    plan, before = read_plan(escalation.plan), rows.state_of(escalation)
    number = state.due_step(plan.timing, before)
    reached = False
    if number is None:
        append(alert, now, "escalation", actor=CLOCK, new=NOBODY_ANSWERED, why=escalation.policy_name)
    else:
        reached = _tell(alert, escalation, plan.steps[number], f"step {number + 1} of {len(plan.steps)}", now)
    rows.write(escalation, state.after_due(plan.timing, before, now, reached=reached))


def _tell(alert: Alert, escalation: Escalation, step: PlannedStep, what: str, now: datetime) -> bool:
    """Queues the messages of the step; whether there is anybody whom they reach."""
    if escalation.round:
        what = f"{what}, repeat {escalation.round}"
    targets, lost = _reached_by(step)
    why = f"{what.capitalize()}: {_since(now - escalation.started_at)}."
    told = notify(alert, Delivery.Kind.ESCALATION, now, why=why, to=Recipients(targets, escalation.policy_name, what))
    said = f"tells {step.tells}" if told else "nobody could be told"
    lines = [why, *(f"{name} cannot be told: no target is bound to it." for name in lost)]
    append(alert, now, "escalation", actor=CLOCK, new=f"{what}: {said}"[:500], why=" ".join(lines))
    return bool(told)


def _since(span: timedelta) -> str:
    """Why the step runs. Each waits a minute at least, except one that an expired acknowledgment had interrupted."""
    minutes = span // timedelta(minutes=1)
    if not minutes:
        return "the acknowledgment ran out"
    return f"not acknowledged for {minutes:,} minute{'' if minutes == 1 else 's'}"


def _reached_by(step: PlannedStep) -> tuple[Sequence[int], list[str]]:
    """The targets of the step, of its owners first, and the names of owners and targets that cannot be reached."""
    owners = list(Owner.objects.filter(pk__in=[each.id for each in step.owners]))
    by_owner = targets_of(owners) if owners else {}
    wanted = [target for each in step.owners for target in by_owner.get(each.id, ())]
    own = usable_targets([each.id for each in step.targets])
    lost = [each.name for each in step.owners if not by_owner.get(each.id)]
    lost += [each.name for each in step.targets if each.id not in own]
    return list(dict.fromkeys([*wanted, *own])), lost
