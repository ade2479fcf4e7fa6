"""An escalation in words (pure: no ORM, no clock)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from detections.alerts.escalation.plan import EscalationPlan
from detections.alerts.escalation.state import EscalationState, EscalationStatus


@dataclass(frozen=True)
class EscalationLine:
    """`Step 2 of 3` at a time, which is None where nothing is due, and `tells sre-agent; stops when …`."""

    head: str
    due_at: datetime | None
    tail: str = ""


def describe(plan: EscalationPlan, at: EscalationState, *, held_back: str = "", taken_by: str = "") -> EscalationLine:
    """What happens next. `held_back` is why a due step waits, `taken_by` who acknowledged."""
    step = min(at.step, len(plan.steps) - 1)
    name = f"Step {step + 1} of {len(plan.steps)}" + (f", repeat {at.round}" if at.round else "")
    if at.status is EscalationStatus.ENDED:
        return EscalationLine("Ended with the alert.", None)
    if at.status is EscalationStatus.EXHAUSTED:
        return EscalationLine("Nobody answered; all steps are done.", None)
    if at.status is EscalationStatus.STOPPED:
        who = f"{taken_by} acknowledged it" if taken_by else "it was acknowledged"
        follows = f"{name} follows when that runs out: tells {plan.steps[step].tells}."
        return EscalationLine(f"Stopped: {who}. {follows}", None)
    if at.step > step:
        return EscalationLine("All steps are done. Unless somebody acknowledges, it ends", at.due_at)
    if held_back:
        return EscalationLine(f"{name} waits, {held_back}; checked again", at.due_at)
    return EscalationLine(name, at.due_at, f"tells {plan.steps[step].tells}; stops when somebody acknowledges.")
