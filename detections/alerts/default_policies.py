"""What the first start brings: the routing of the shipped rules, as rows that the admin edits from then on."""

from __future__ import annotations

from django.db import transaction

from detections.alerts.routing_models import NotificationPolicy, Target, TimeWindow

# The rules' text says "ET" and "off-hours" without naming hours; nine to five on weekdays is what people mean by it.
BUSINESS_HOURS = {
    "zone": "America/New_York",
    "weekdays": [0, 1, 2, 3, 4],
    "start": "09:00",
    "end": "17:00",
}
TARGETS = {
    "SEV-1": ("slack", "#raxx-ops-alert-sev1"),
    "SEV-2 to 5, business hours": ("slack", "#raxx-ops-alert-sev2-5"),
    "SEV-2, off hours": ("slack", "#raxx-ops-alert-sev2"),
    "Operations mailbox": ("email", "ops@"),
}


@transaction.atomic
def load() -> None:
    """Create targets, business hours and policies where there are no policies yet; later starts change nothing."""
    if NotificationPolicy.objects.exists():
        return
    hours, _ = TimeWindow.objects.get_or_create(name="Business hours (ET)", defaults=BUSINESS_HOURS)
    for name, (intended_channel, address) in TARGETS.items():
        Target.objects.get_or_create(name=name, defaults={"intended_channel": intended_channel, "address": address})
    _policy(10, "Critical", "SEV-1", "critical")
    _policy(20, "High, business hours", "SEV-2 to 5, business hours", "high", window=hours)
    _policy(30, "High, off hours", "SEV-2, off hours", "high", window=hours, outside_window=True)
    _policy(40, "Medium, daily summary", "Operations mailbox", "medium", delivery=NotificationPolicy.Delivery.SUMMARY)
    # Far behind, so that new policies find room before it.
    _policy(1000, "Everything else", "Operations mailbox")


def _policy(order: int, name: str, target: str, severity: str = "", **values: object) -> None:
    matchers = {"severity": [severity]} if severity else {}
    policy = NotificationPolicy.objects.create(order=order, name=name, matchers=matchers, **values)
    policy.targets.set([Target.objects.get(name=target)])
