"""Sends a test message to a target at once."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from django.conf import settings
from django.urls import reverse

from detections.alerts.channels.messages import MessageFacts
from detections.alerts.channels.notification import DeliveryOutcome
from detections.alerts.channels.registry import CHANNELS
from detections.alerts.delivery.send_one import send_to
from detections.alerts.routing_models import Target
from detections.alerts.targets.results import record_results


def try_target(target: Target, by: str, now: datetime) -> DeliveryOutcome:
    """The outcome of a test message, which is noted at the target like those of others. Waits for the receiver."""
    facts: MessageFacts = {
        "kind": "test",
        "url": settings.PUBLIC_URL + reverse("admin:detections_target_change", args=[target.pk]),
        "title": target.name,
        "actor": by,
        "first_seen": now.isoformat(),
    }
    outcome = send_to(target, CHANNELS[target.channel].send, facts, delivery=0, key=str(uuid4()))
    record_results([(target, outcome)], now)
    return outcome
