"""The targets that get the daily summary: those of policies that deliver by it."""

from __future__ import annotations

from detections.alerts.routing_models import NotificationPolicy, Target

# They make incidents and issues of messages; a summary is neither.
NO_SUMMARIES = frozenset({"pagerduty", "jira"})


def receivers() -> list[tuple[Target, NotificationPolicy]]:
    """Each enabled target once, with the first policy that names it. Two queries."""
    policies = NotificationPolicy.objects.filter(delivery=NotificationPolicy.Delivery.SUMMARY)
    found: dict[int, tuple[Target, NotificationPolicy]] = {}
    for policy in policies.order_by("order").prefetch_related("targets"):
        for target in policy.targets.all():
            if target.enabled and not NO_SUMMARIES & {target.channel, target.intended_channel}:
                found.setdefault(target.pk, (target, policy))
    return list(found.values())
