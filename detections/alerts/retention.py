"""Retention of members of shared alerts, and of messages to webhooks of probes. Alerts, their logs and evidence are
kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Model, QuerySet

from detections.alerts.delivery_models import Delivery, DeliveryAttempt
from detections.alerts.models import AlertMember
from detections.alerts.queries import evidence_in_use
from detections.rules import retention as of_rules
from detections.telemetry.retention import RetentionDays


def old_rows(now: datetime, keep: RetentionDays) -> list[tuple[str, QuerySet[Model]]]:
    """(name, query) of old rows, in order: members, which hold evidence and scopes, then what was judged.

    Members of an alert that is over are kept as long as events: a flood with made-up names leaves thousands, of which
    the alert's log keeps how many.
    """
    before = now - timedelta(days=keep.events)
    over = AlertMember.objects.filter(
        cleared_at__lt=before, alert__dedup_key__isnull=True, alert__status_since__lt=before
    )
    told = Delivery.objects.filter(kind=Delivery.Kind.PROBE, queued_at__lt=before)
    return [
        ("members of old alerts", over.order_by("pk")),
        ("attempts to tell of old probe runs", DeliveryAttempt.objects.filter(delivery__in=told).order_by("pk")),
        ("messages about old probe runs", told.order_by("pk")),
        *of_rules.old_rows(now, keep, evidence_in_use()),
    ]
