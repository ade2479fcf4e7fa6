"""Messages that update what targets know of a group: into one that still waits, at once where the channel can change
what it sent, else into one more message at most every UPDATE_EVERY."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Max, Q
from django.db.models.functions import Coalesce

from detections.alerts.causes.models import AlertGroup
from detections.alerts.channels.messages import MessageFacts
from detections.alerts.channels.registry import CHANNELS
from detections.alerts.delivery_models import Delivery
from detections.alerts.models import Alert
from detections.alerts.routing_models import Target
from detections.alerts.targets.values import stored_secrets

UPDATE_EVERY = timedelta(minutes=5)
Kind, Status = Delivery.Kind, Delivery.Status
# Messages that say what is the matter: one that was not tried yet says the newest.
REWRITTEN = (Kind.FIRING, Kind.ESCALATED, Kind.UPDATED)
# The same, in a group of a policy, whose messages say which alerts fire and which ended.
IN_GROUPS = (Kind.FIRING, Kind.REPEATED)
UNTRIED = Q(status__in=[Status.QUEUED, Status.SUPPRESSED], tries=0)
# In the payload of a message to those who were told of a group that another one goes on for it. Where it is not sent,
# since that has ended too, they are told of the end all the same.
TOLD_BEFORE = "told_before"


class WaitingPlace(NamedTuple):
    """Where messages wait for one another: those to a target, or those of a policy's group to it."""

    target_id: int
    policy_id: int | None
    group_key: str


def message_group(row: Delivery) -> WaitingPlace:
    """The policy's group of a message, or that it goes by itself."""
    return WaitingPlace(row.target_id, row.policy_id if row.group_key else None, row.group_key)


def can_update(target: Target) -> bool:
    """Whether the target changes its first message by a later one."""
    return CHANNELS[target.channel].updates({**target.settings, **stored_secrets(target)})


def goes_by_key(target: Target) -> bool:
    """Whether what the target keeps of an episode ends only by a message with its key."""
    return CHANNELS[target.channel].by_key or can_update(target)


def fold(
    group: AlertGroup, alert: Alert, drafts: Sequence[Delivery], facts: MessageFacts, now: datetime
) -> list[Delivery]:
    """Writes the facts into messages that wait; the drafts for whose targets none does, with kind and the time when
    each is due. A message that a sender has at present is not waited for; nor is the daily summary, where the target
    knows of the group that this one goes on for."""
    waiting = _waiting(group, [draft.target_id for draft in drafts])
    marked = {message_group(draft) for draft in drafts if TOLD_BEFORE in draft.payload}
    for place, row in waiting.items():
        kept = {name: row.payload[name] for name in ("kind", "why", "actor") if name in row.payload}
        mark = {TOLD_BEFORE: True} if place in marked and row.status != Status.FOR_SUMMARY else {}
        row.payload, row.alert = {**row.payload, **facts, **kept, **mark}, alert
    Delivery.objects.bulk_update(waiting.values(), ["payload", "alert"])
    in_summary = {place for place, row in waiting.items() if row.status == Status.FOR_SUMMARY}
    free = marked & in_summary | {message_group(draft) for draft in drafts} - waiting.keys()
    rest = [draft for draft in drafts if message_group(draft) in free]
    due = _due(group, rest, now)
    for draft in rest:
        draft.next_attempt_at = due[draft.target_id]
        draft.kind = Kind.REPEATED if draft.group_key else Kind.UPDATED
    return rest


def overtake_updates(group: AlertGroup, drafts: Sequence[Delivery]) -> None:
    """Updates that wait for their time are not sent any more: the drafts, to the same targets, say as much."""
    waiting = group.deliveries.filter(UNTRIED, kind=Kind.UPDATED, target__in=[draft.target_id for draft in drafts])
    locked = waiting.select_for_update(no_key=True, skip_locked=True).values("pk")
    Delivery.objects.filter(pk__in=locked).update(status=Status.OVERTAKEN, next_attempt_at=None)


def overtake_hidden(group: AlertGroup, alert: Alert, kind: str, drafts: Sequence[Delivery]) -> None:
    """What is held back of other alerts of the group, and of the same kind, is not sent any more to the targets of the
    drafts, which say what is the matter now: it would keep them waiting."""
    held = group.deliveries.filter(UNTRIED, status=Status.SUPPRESSED, target__in=[draft.target_id for draft in drafts])
    # In the order in which the sender locks them.
    rows = held.exclude(~Q(kind=kind), alert=alert).order_by("pk").select_for_update(no_key=True)
    waiting: Sequence[int] = list(rows.values_list("pk", flat=True))
    if waiting:
        Delivery.objects.filter(pk__in=waiting).update(status=Status.OVERTAKEN, next_attempt_at=None)


def _waiting(group: AlertGroup, targets: Sequence[int]) -> Mapping[WaitingPlace, Delivery]:
    """By place, the newest message that was not tried; also those that wait for the daily summary."""
    rows = group.deliveries.filter(
        UNTRIED & Q(target__in=targets) | Q(status=Status.FOR_SUMMARY),
        Q(group_key="", kind__in=REWRITTEN) | ~Q(group_key="") & Q(kind__in=IN_GROUPS),
    )
    locked = rows.select_for_update(no_key=True, skip_locked=True).order_by("sequence")
    return {message_group(row): row for row in locked}


def _due(group: AlertGroup, drafts: Sequence[Delivery], now: datetime) -> dict[int, datetime]:
    """By target, when an update to it is due."""
    last: dict[int, datetime] = {}
    if waits := [draft.target_id for draft in drafts if not can_update(draft.target)]:
        told = group.deliveries.filter(target__in=waits).values_list("target")
        last = dict(told.annotate(last=Max(Coalesce("sent_at", "queued_at"))).order_by())
    return {
        draft.target_id: max(now, last[draft.target_id] + UPDATE_EVERY) if draft.target_id in last else now
        for draft in drafts
    }
