"""Checks that messages of alerts are taken from the outbox."""

from __future__ import annotations

from datetime import datetime, timedelta

from opsconsole.runtime.doctor.report import CheckResult, CheckStatus
from opsconsole.runtime.doctor.servers import Servers

NAME = "outbox"
START = "run a sender: bin/run has one, else manage.py deliver"
RECEIVER = "the list of targets in the admin names the receivers that fail"


def outbox(servers: Servers, now: datetime) -> CheckResult:
    """Whether messages wait too long, and whether any sender takes them. Uses Django, which `servers.migrations` has
    set up."""
    if not servers.connected:
        return CheckResult(NAME, CheckStatus.WARN, "", "unknown without PostgreSQL")
    from django.db import ProgrammingError, connection

    from detections.dashboard.console_health import LIMITS, measure

    limit = LIMITS["oldest_unsent_age"]
    try:
        waited = measure(now).oldest_unsent_age
        taken = waited <= limit or _taken(now, timedelta(seconds=limit))
    except ProgrammingError:
        return CheckResult(NAME, CheckStatus.WARN, "", "unknown until the database is migrated")
    finally:
        connection.close()
    if waited <= limit:
        return CheckResult(NAME, CheckStatus.OK, "", "no message waits too long")
    waits = f"a message has waited {waited:.0f} s to be sent"
    if taken:
        return CheckResult(NAME, CheckStatus.WARN, "", waits, RECEIVER)
    return CheckResult(NAME, CheckStatus.FAIL, "", f"{waits}: no sender takes messages", START)


def _taken(now: datetime, limit: timedelta) -> bool:
    """Whether a message is being sent, or one was tried within `limit`."""
    from detections.alerts.delivery_models import Delivery, DeliveryAttempt

    if Delivery.objects.filter(status="sending", lease_until__gt=now).exists():
        return True
    newest = DeliveryAttempt.objects.order_by("-pk").first()
    return newest is not None and newest.at > now - limit
