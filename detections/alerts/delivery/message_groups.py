"""Messages that wait for their group become one when the group is due: group wait, then group interval.

Each waits as a delivery of its own alert. When the first of a group is due, the group's row is locked, and one of its
deliveries, the carrier, gets the message about all of them; the others are marked as sent with it. In the same
transaction the carrier is leased, so that after a kill -9 it is sent again, as any other message. Alerts that the group
was told of before and that are still open are listed too; its messages share a key until all are over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import uuid4

from django.conf import settings
from django.db.models import Q, QuerySet
from django.urls import reverse

from detections.alerts.channels.messages import ListedAlert
from detections.alerts.delivery_models import Delivery
from detections.alerts.routing_models import MessageGroup

Status = Delivery.Status
Kind = Delivery.Kind
UNFINISHED = (Status.QUEUED, Status.UNKNOWN, Status.SUPPRESSED, Status.SENDING)
AT_ONCE = 1000  # messages that become one; the rest follow with the next
LISTED = 20  # alerts of a message; a Slack message holds so many lines
# To the next look while the message before is being sent.
BUSY = timedelta(seconds=10)
STATES = {Kind.FIRING: "new", Kind.REPEATED: "open", Kind.RESOLVED: "resolved"}

Holding = Callable[[Sequence[Delivery], datetime], list[Delivery]]


class _GroupKey(NamedTuple):
    policy_id: int
    target_id: int
    group_key: str


def join_groups(batch: Sequence[Delivery], now: datetime, not_held: Holding) -> list[Delivery]:
    """The batch with one delivery for each group that is due, and without those of groups that are not, which wait on.
    `not_held` gives the deliveries that nothing else holds back. The caller has locked the batch and leases the result
    in the same transaction. No query without messages of groups."""
    waiting: dict[_GroupKey, list[Delivery]] = {}
    for delivery in batch:
        if delivery.group_key and delivery.policy_id and not delivery.tries:
            key = _GroupKey(delivery.policy_id, delivery.target_id, delivery.group_key)
            waiting.setdefault(key, []).append(delivery)
    if not waiting:
        return list(batch)
    waits = {delivery.pk for deliveries in waiting.values() for delivery in deliveries}
    carriers = [_join(key, waiting[key], now, not_held) for key in sorted(waiting)]
    return [*(each for each in batch if each.pk not in waits), *(each for each in carriers if each is not None)]


def _join(key: _GroupKey, rows: list[Delivery], now: datetime, not_held: Holding) -> Delivery | None:
    """The delivery that carries the group's message; None where the group waits, or another sender has it."""
    policy, target, name = key
    MessageGroup.objects.get_or_create(policy_id=policy, target_id=target, key=name)
    locked = MessageGroup.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
    group = locked.select_related("policy").filter(policy_id=policy, target_id=target, key=name).first()
    if group is None:
        return None
    earliest = _earliest(group, key, now)
    if earliest > now:
        Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(next_attempt_at=earliest)
        return None
    others = _rows(key).filter(status__in=[Status.QUEUED, Status.SUPPRESSED], tries=0)
    others = others.exclude(pk__in=[row.pk for row in rows]).order_by("id")[:AT_ONCE]
    rows += not_held(list(others.select_for_update(skip_locked=True, no_key=True, of=("self",))), now)
    return _carry(group, key, rows, now)


def _earliest(group: MessageGroup, key: _GroupKey, now: datetime) -> datetime:
    """When the group's next message may go; its messages arrive in order."""
    interval = group.policy.group_interval or timedelta(0)
    earliest = group.last_at + interval if group.last_at else now
    if earliest <= now and group.since:
        sending = _rows(key).filter(queued_at__gte=group.since, tries__gt=0, status__in=UNFINISHED)
        return now + BUSY if sending.exists() else now
    return earliest


def _carry(group: MessageGroup, key: _GroupKey, rows: list[Delivery], now: datetime) -> Delivery:
    """Makes one of the deliveries the message about all, and marks the others."""
    rows.sort(key=lambda row: (row.kind == Kind.RESOLVED, row.kind != Kind.FIRING, row.pk))
    carrier, rest = rows[0], rows[1:]
    group.since = group.since or min(row.queued_at for row in rows)
    still_open = _still_open(key, group.since, {row.group_id for row in rows})
    ended = carrier.kind == Kind.RESOLVED and not still_open
    carrier.payload = {**carrier.payload, "key": str(group.dedup_key)}
    alerts = [*(_line(row, STATES[Kind(row.kind)]) for row in _one_of_each(rows))]
    alerts += [_line(row, "open") for row in still_open]
    if len(alerts) > 1:
        carrier.payload |= _facts(alerts, ended=ended)
    elif not ended and carrier.kind == Kind.RESOLVED:
        carrier.payload["kind"] = Kind.FIRING.value
    carrier.save(update_fields=["payload"])
    joined = Delivery.objects.filter(pk__in=[row.pk for row in rest])
    joined.update(status=Status.JOINED, carrier=carrier, next_attempt_at=None)
    group.last_at = now
    if ended:
        group.dedup_key, group.since = uuid4(), None
    group.save(update_fields=["last_at", "dedup_key", "since"])
    return carrier


def _rows(key: _GroupKey) -> QuerySet[Delivery]:
    return Delivery.objects.filter(**key._asdict()).select_related("alert__rule", "target")


def _one_of_each(rows: Sequence[Delivery]) -> list[Delivery]:
    """Of several messages about one cause, the first: one that merged into another brought its own."""
    first: dict[int | None, Delivery] = {}
    for row in rows:
        first.setdefault(row.group_id, row)
    return list(first.values())


def _still_open(key: _GroupKey, since: datetime, told_now: set[int | None]) -> list[Delivery]:
    """Of each cause that the group was told of before and that goes on, the last such message; at most AT_ONCE."""
    told = _rows(key).filter(
        Q(status__in=[Status.JOINED, Status.SENT, Status.SENDING, Status.UNKNOWN]),
        queued_at__gte=since,
        kind__in=[Kind.FIRING, Kind.REPEATED],
        group__closed_at__isnull=True,
    )
    last = told.exclude(group__in=told_now).order_by("group_id", "-sequence").distinct("group_id")
    return list(last[:AT_ONCE])


def _line(row: Delivery, state: str) -> ListedAlert:
    facts = row.payload
    names = ("alert", "url", "rule", "severity", "group", "project", "environment", "sentence")
    known = {name: facts[name] for name in names if facts.get(name)}
    return {"state": state, **known}  # type: ignore[typeddict-item]


def _facts(alerts: Sequence[ListedAlert], *, ended: bool) -> dict[str, Any]:
    """The facts that the message of a group has in place of its carrier's."""
    counts = {state: sum(alert["state"] == state for alert in alerts) for state in ("new", "open", "resolved")}
    return {
        "kind": (Kind.RESOLVED if ended else Kind.FIRING).value,
        "url": settings.PUBLIC_URL + reverse("alert_list"),
        "alerts": list(alerts[:LISTED]),
        "alert_counts": counts,
    }
