"""The default routing, created at the first start and edited in the admin from then on."""

from __future__ import annotations

from django.db import transaction

from detections.alerts.escalation.models import EscalationPolicy, EscalationStep
from detections.alerts.routing_models import NotificationPolicy, Target, TimeWindow
from opsconsole.accounts.models import Owner

# The shipped rules say "ET" and "off-hours" without naming hours: nine to five on weekdays is assumed.
BUSINESS_HOURS = {
    "zone": "America/New_York",
    "weekdays": [0, 1, 2, 3, 4],
    "start": "09:00",
    "end": "17:00",
}
FIRST_RESPONSE = "sre-agent"
TARGETS = {
    "SEV-1": ("slack", "#raxx-ops-alert-sev1"),
    "SEV-2 to 5, business hours": ("slack", "#raxx-ops-alert-sev2-5"),
    "SEV-2, off hours": ("slack", "#raxx-ops-alert-sev2"),
    "Operations mailbox": ("email", "ops@"),
}


ESCALATE = "Escalate after 5 minutes"


def escalation_policy() -> EscalationPolicy:
    """The shipped escalation; made where it is not there. The text names nobody: whoever responds first is told once
    more, and the channel of the highest severity."""
    policy, new = EscalationPolicy.objects.get_or_create(name=ESCALATE)
    if new:
        step = EscalationStep.objects.create(policy=policy, number=1, wait_minutes=5)
        step.owners.set([Owner.objects.get_or_create(name=FIRST_RESPONSE)[0]])
        step.targets.set(Target.objects.filter(name="SEV-1"))
    return policy


@transaction.atomic
def load() -> None:
    """Creates targets, business hours and policies where there is no policy yet."""
    if NotificationPolicy.objects.exists():
        return
    hours, _ = TimeWindow.objects.get_or_create(name="Business hours (ET)", defaults=BUSINESS_HOURS)
    for name, (intended_channel, address) in TARGETS.items():
        Target.objects.get_or_create(name=name, defaults={"intended_channel": intended_channel, "address": address})
    escalation_policy()
    _policy(10, "Critical", "SEV-1", "critical")
    _policy(20, "High, business hours", "SEV-2 to 5, business hours", "high", window=hours)
    _policy(30, "High, off hours", "SEV-2, off hours", "high", window=hours, outside_window=True)
    _policy(40, "Medium, daily summary", "Operations mailbox", "medium", delivery=NotificationPolicy.Delivery.SUMMARY)
    # A high order, which leaves room for new policies before it.
    _policy(1000, "Everything else", "Operations mailbox")


def _policy(order: int, name: str, target: str, severity: str = "", **values: object) -> None:
    matchers = {"severity": [severity]} if severity else {}
    policy = NotificationPolicy.objects.create(order=order, name=name, matchers=matchers, **values)
    policy.targets.set([Target.objects.get(name=target)])
