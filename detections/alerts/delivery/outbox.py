"""The outbox: leases due messages in order per target and group, or incident, and records the outcomes of their
attempts. After a lease expires (its sender was killed) the message is due again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from detections.alerts.channels.notification import DeliveryOutcome, FirstMessage, Retry, Sent
from detections.alerts.delivery.backoff import pause, retry_for
from detections.alerts.delivery.fallback import DeadLetter, forward
from detections.alerts.delivery.finish import Finished, finish
from detections.alerts.delivery.hasten import hasten
from detections.alerts.delivery.inhibition import inhibit
from detections.alerts.delivery.message_groups import join_groups
from detections.alerts.delivery.muting import mute
from detections.alerts.delivery.silencing import silence
from detections.alerts.delivery.target_pace import TargetPace
from detections.alerts.delivery_models import Delivery, DeliveryAttempt
from detections.alerts.targets.results import record_results
from detections.rules.models import Severity

# Longer than a channel takes (two requests of at most 10 s), short enough that a killed sender delays by half a minute.
LEASE = timedelta(seconds=30)
# Of a message that arrived, for what is left beside it (Slack's update): later ones of its alert wait for it.
REST_TRIES = 5
NO_ANSWER = "No answer before the lease ran out; it may have been sent."
BATCH = 16
# Read at first: of one target with many due messages, and most have few at a time, a batch takes no more than this.
FIRST_LOOK = 16
INHIBITED_BATCHES = 16  # looked at in one go; few enough that answers of others are recorded within their lease
Status = Delivery.Status
WAITING = (Status.QUEUED, Status.UNKNOWN, Status.SUPPRESSED)
UNFINISHED = (*WAITING, Status.SENDING)
# Untried messages that wait for a group of their policy, or are held back, do not keep these waiting: a person or a
# step sends them now. Not so an acknowledgment: it is of what its target has not heard of.
Kind = Delivery.Kind
PASSING = (
    *(Kind.RESOLVED, Kind.ESCALATION),
    *(Kind.HANDED_OVER, Kind.RESPONDER, Kind.CALLED_OFF, Kind.MERGED),
)
MERELY_WAITS = Q(tries=0) & (Q(status=Status.SUPPRESSED) | ~Q(group_key=""))


def claim(
    now: datetime,
    limit: int = BATCH,
    pace: TargetPace | None = None,
    busy: Mapping[int, int] = MappingProxyType({}),
    only: Collection[int] | None = None,
) -> list[Delivery]:
    """Leases at most `limit` due messages, for each group and target only the first unfinished one. `busy`: by target
    id, how many messages its caller sends to it already; `pace` says how many a target gets at a time. Where all of a
    batch are held back it looks at the next, so that those behind do not wait. `only`: of these alerts."""
    pace = pace or TargetPace()
    full = sorted(pace.full(busy))
    for look in (min(limit, FIRST_LOOK), *[limit] * (INHIBITED_BATCHES - 1)):
        with transaction.atomic():
            due = list(_due(now, full, only)[:look])
            batch = join_groups(pace.within(not_held(due, now), busy), now, not_held)
            _lease(batch, now)
        if batch or not due:
            break
    return batch


def not_held(due: Sequence[Delivery], now: datetime) -> list[Delivery]:
    """The due deliveries that nothing holds back; the others are marked with what does, and checked again later."""
    return mute(inhibit(silence(due, now), now), now) if due else []


def _lease(batch: Sequence[Delivery], now: datetime) -> None:
    for delivery in batch:
        delivery.status, delivery.lease_until, delivery.tries = Status.SENDING, now + LEASE, delivery.tries + 1
    if batch:
        leased = Delivery.objects.filter(pk__in=[delivery.pk for delivery in batch])
        leased.update(status=Status.SENDING, lease_until=now + LEASE, tries=F("tries") + 1)


class MessageThread(NamedTuple):
    """The messages to a target about a group of alerts, or about an incident."""

    group_id: int | None
    incident_id: int | None
    target_id: int


def thread_of(delivery: Delivery) -> MessageThread:
    return MessageThread(delivery.group_id, delivery.incident_id, delivery.target_id)


def first_messages(batch: Sequence[Delivery]) -> dict[MessageThread, FirstMessage]:
    """By thread of later messages, the newest message with a receipt: replies have none, and where the first was gone
    another took its place. What one person was told of an incident begins no thread. At most one query."""
    later = [delivery for delivery in batch if delivery.sequence > 1 and not delivery.group_key]
    if not later:
        return {}
    rows = Delivery.objects.filter(
        Q(group__in={delivery.group_id for delivery in later} - {None})
        | Q(incident__in={delivery.incident_id for delivery in later} - {None}, kind=Kind.INCIDENT),
        target__in={delivery.target_id for delivery in later},
        status=Status.SENT,
    ).exclude(receipt={})
    rows = rows.filter(group_key="")  # that of a group of a policy is about other alerts too
    rows = rows.order_by(*MessageThread._fields, "-sequence").distinct(*MessageThread._fields)
    return {thread_of(row): FirstMessage(row.payload, row.receipt) for row in rows}


def record_outcome(delivery: Delivery, outcome: DeliveryOutcome, now: datetime) -> None:
    """As `record_outcomes`, of one attempt."""
    record_outcomes([(delivery, outcome)], now)


@transaction.atomic
def record_outcomes(outcomes: Sequence[tuple[Delivery, DeliveryOutcome]], now: datetime) -> None:
    """Records the outcomes of attempts, except where the lease has expired and another sender leased the message."""
    finished = finish([(delivery, _after(delivery, outcome, now)) for delivery, outcome in outcomes])
    recorded = [pair for pair in outcomes if pair[0].pk in finished]
    DeliveryAttempt.objects.bulk_create(
        DeliveryAttempt(
            delivery=delivery,
            number=delivery.tries,
            at=now,
            ok=isinstance(outcome, Sent),
            response=outcome.response,
        )
        for delivery, outcome in recorded
    )
    hasten(record_results([(delivery.target, outcome) for delivery, outcome in recorded], now), now)
    dead = [
        (delivery, outcome) for delivery, outcome in recorded if _status_after(delivery, outcome, now) == Status.DEAD
    ]
    forward([DeadLetter(delivery, outcome.response) for delivery, outcome in dead], now)


def _due(now: datetime, full: Sequence[int], only: Collection[int] | None) -> QuerySet[Delivery]:
    unfinished = Delivery.objects.filter(
        target=OuterRef("target"), status__in=UNFINISHED, sequence__lt=OuterRef("sequence")
    )
    earlier = unfinished.filter(group=OuterRef("group"))
    rows = Delivery.objects.filter(status__in=WAITING, next_attempt_at__lte=now)
    if only is not None:
        rows = rows.filter(alert__in=only)
    if full:
        rows = rows.exclude(target__in=full)
    rows = rows.exclude(Exists(earlier.exclude(MERELY_WAITS)))
    rows = rows.exclude(Exists(unfinished.filter(incident=OuterRef("incident"))))
    rows = rows.filter(Q(kind__in=PASSING) | ~Exists(earlier.filter(MERELY_WAITS)))
    rows = rows.select_related("target__probe_target", "alert__rule").order_by("next_attempt_at", "id")
    return rows.select_for_update(skip_locked=True, no_key=True, of=("self",))


@transaction.atomic
def expire_leases(now: datetime) -> None:
    """Makes messages with an expired lease due again, or dead letters where they are retried no longer: whether
    they were sent is not known."""
    rows = Delivery.objects.filter(status=Status.SENDING, lease_until__lte=now)
    rows = rows.select_related("alert", "target").select_for_update(skip_locked=True, no_key=True, of=("self",))
    dead = []
    for delivery in rows:
        DeliveryAttempt.objects.create(delivery=delivery, number=delivery.tries, at=now, ok=False, response=NO_ANSWER)
        late = now - delivery.queued_at >= _retry_for(delivery)
        delivery.status, delivery.next_attempt_at = (Status.DEAD, None) if late else (Status.UNKNOWN, now)
        delivery.lease_until = None
        delivery.save(update_fields=["status", "lease_until", "next_attempt_at"])
        if late:
            dead.append(DeadLetter(delivery, NO_ANSWER))
    forward(dead, now)


def _retry_for(delivery: Delivery) -> timedelta:
    if delivery.incident_id is not None:
        return retry_for(Severity.CRITICAL if delivery.payload.get("severity") == "critical" else Severity.HIGH)
    if delivery.kind == Kind.PROBE:
        return retry_for(Severity.HIGH)  # the next run tells of what is still so
    return retry_for(delivery.alert.severity if delivery.alert else None)


def _after(delivery: Delivery, outcome: DeliveryOutcome, now: datetime) -> Finished:
    status = _status_after(delivery, outcome, now)
    if status == Status.SENT:
        return Finished(status, sent_at=now, receipt=outcome.receipt if isinstance(outcome, Sent) else {})
    if isinstance(outcome, Retry) and status == Status.QUEUED:
        next_attempt_at = now + pause(delivery.pk, delivery.tries, outcome.after)
        return Finished(status, next_attempt_at, receipt=outcome.done or delivery.receipt)
    return Finished(status)


def _status_after(delivery: Delivery, outcome: DeliveryOutcome, now: datetime) -> Delivery.Status:
    if isinstance(outcome, Sent):
        return Status.SENT
    if isinstance(outcome, Retry) and outcome.done and delivery.tries >= REST_TRIES:
        return Status.SENT
    if isinstance(outcome, Retry) and now - delivery.queued_at < _retry_for(delivery):
        return Status.QUEUED
    return Status.DEAD
