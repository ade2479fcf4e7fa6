"""Targets that take no messages, critical messages that nobody sends, and escalations that nobody runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db.models import DateTimeField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from detections.alerts.delivery.outbox import UNFINISHED, WAITING
from detections.alerts.delivery_models import Delivery, DeliveryAttempt
from detections.alerts.escalation.models import Escalation, OwnerTarget
from detections.alerts.models import Alert
from detections.alerts.routing_models import Target
from detections.dashboard.console_health import LIMITS, MESSAGES
from detections.incidents.models import Incident
from detections.rules.models import Severity

# After about five minutes of attempts; a restart of a receiver is over by then.
TRIES = 6
LIMIT = timedelta(seconds=LIMITS["oldest_unsent_age"])
# Steps are run every few seconds; one that is held back gets a later time.
OVERDUE = timedelta(minutes=2)
_NEVER = Value(datetime(1970, 1, 1, tzinfo=UTC), DateTimeField())
# The newest attempt failed.
_FAILED = Q(result__last_error_at__isnull=False) & (
    Q(result__last_success_at__isnull=True) | Q(result__last_success_at__lt=F("result__last_error_at"))
)


def connected() -> QuerySet[Target]:
    """The enabled targets outside of the console that get messages by a policy or as the fallback."""
    return Target.objects.filter(
        Q(fallback=True) | Exists(Target.policies.through.objects.filter(target=OuterRef("pk"))), enabled=True
    ).exclude(channel="console")


def used() -> QuerySet[Target]:
    """Beside the connected ones those of incidents that are not closed, of owners, and of probe targets."""
    of_incident = Incident.targets.through.objects.filter(target=OuterRef("pk")).exclude(
        incident__status=Incident.Status.CLOSED
    )
    of_owner = OwnerTarget.objects.filter(target=OuterRef("pk"))
    of_probe = Q(probe_target__isnull=False) & ~Q(probe_target__webhook_url="")
    named = Q(Exists(of_incident) | Exists(of_owner) | of_probe, enabled=True) & ~Q(channel="console")
    return Target.objects.filter(named | Q(pk__in=connected().values("pk")))


def failing() -> QuerySet[Target]:
    """The connected targets whose newest attempt failed."""
    return connected().filter(_FAILED)


def failing_since(target: Target) -> datetime:
    """When the first attempt failed that none has succeeded after; the newest one where only tests of it failed. Load a
    failing target with its result. One query."""
    result = target.result
    failed = DeliveryAttempt.objects.filter(delivery__target=target, ok=False)
    if result.last_success_at is not None:
        failed = failed.filter(at__gt=result.last_success_at)
    first = failed.order_by("at").values_list("at", flat=True).first()
    if result.last_error_at is None:
        raise ValueError(f"{target} does not fail")
    return min(first or result.last_error_at, result.last_error_at)


def dead_targets() -> list[Target]:
    """The targets in use that refused a message, or have not taken one in TRIES attempts, and took none since; with
    their results. One query."""
    of_target = Delivery.objects.filter(target=OuterRef("pk"))
    since = of_target.annotate(success=Coalesce(OuterRef("result__last_success_at"), _NEVER))
    refused = since.filter(status=Delivery.Status.DEAD, attempts__at__gt=F("success"))
    tried = of_target.filter(status__in=UNFINISHED, tries__gte=TRIES)
    return list(
        used().filter(_FAILED).filter(Exists(refused) | Exists(tried)).select_related("result").order_by("name")
    )


def unsent_critical(now: datetime) -> str:
    """Why critical messages, of alerts or incidents, do not get out: nobody takes those that are due, or no connected
    target takes any. Empty where they do; one target that fails is no reason."""
    of_incident = Q(incident__isnull=False, payload__severity="critical")
    critical = Delivery.objects.filter(Q(alert__severity=Severity.CRITICAL) | of_incident, status__in=WAITING)
    unfinished = Delivery.objects.filter(
        target=OuterRef("target"), status__in=UNFINISHED, sequence__lt=OuterRef("sequence")
    )
    due = critical.filter(next_attempt_at__lt=now - LIMIT).exclude(target__in=used().filter(_FAILED))
    for same in ("group", "incident"):
        due = due.exclude(Exists(unfinished.filter(**{same: OuterRef(same)})))
    if (oldest := due.order_by("next_attempt_at").values_list("next_attempt_at", flat=True).first()) is not None:
        return MESSAGES["oldest_unsent_age"].format(round((now - oldest).total_seconds()))
    if connected().exists() and not connected().exclude(_FAILED).exists():
        tried = critical.filter(tries__gt=0, queued_at__lt=now - LIMIT).exclude(target__channel="console")
        dead = {target.pk for target in dead_targets()}
        if tried.exists() or dead.issuperset(connected().values_list("pk", flat=True)):
            return "no target takes messages"
    return ""


def overdue_escalation(now: datetime) -> str:
    """How long the step of an escalation has been due that should have run; empty where none waits. One query."""
    rows = Escalation.objects.filter(
        due_at__lt=now - OVERDUE,
        group__leader__dedup_key__isnull=False,
        group__leader__handling=Alert.Handling.UNACKNOWLEDGED,
    )
    due = rows.order_by("due_at").values_list("due_at", flat=True).first()
    return f"a step of an escalation has been due for {round((now - due).total_seconds())} s" if due else ""
