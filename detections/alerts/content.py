"""What the first start brings: seed 000's routing ("Alert route"), as rows that the admin edits from then on."""

from __future__ import annotations

from django.db import transaction

from detections.alerts.models import Route, Target, TimeWindow

# The seed says "ET" and "off-hours" without naming hours; nine to five on weekdays is what people there mean by it.
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
    """Create targets, business hours and routes where there are no routes yet; later starts change nothing."""
    if Route.objects.exists():
        return
    hours, _ = TimeWindow.objects.get_or_create(name="Business hours (ET)", defaults=BUSINESS_HOURS)
    for name, (stands_for, address) in TARGETS.items():
        Target.objects.get_or_create(name=name, defaults={"stands_for": stands_for, "address": address})
    _route(10, "Critical", "SEV-1", "critical")
    _route(20, "High, business hours", "SEV-2 to 5, business hours", "high", window=hours)
    _route(30, "High, off hours", "SEV-2, off hours", "high", window=hours, outside_window=True)
    _route(40, "Medium, daily digest", "Operations mailbox", "medium", delivery=Route.Delivery.DIGEST)
    # Far behind, so that new routes find room before it.
    _route(1000, "Everything else", "Operations mailbox")


def _route(order: int, name: str, target: str, severity: str = "", **values: object) -> None:
    matchers = {"severity": [severity]} if severity else {}
    route = Route.objects.create(order=order, name=name, matchers=matchers, **values)
    route.targets.set([Target.objects.get(name=target)])
