"""The fallback: a message that became a dead letter goes to another target, and says which one failed and why."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import uuid4

from detections.alerts.delivery_models import Delivery
from detections.alerts.routing_models import Target
from detections.alerts.routing_queries import fallback_targets

POLICY = "Fallback"
TARGET_NAME = 60  # characters of the target's name, and of the reason, in the message
REASON = 200
_Key = tuple[int | None, int, str, int]  # group, sequence, kind, target


class DeadLetter(NamedTuple):
    """A message that is not tried again, and why."""

    delivery: Delivery
    why: str


def forward(letters: Sequence[DeadLetter], now: datetime) -> list[Delivery]:
    """Queues the messages again for the fallback targets; returns the deliveries. Load alert and target with each.

    A message that was forwarded itself goes no further, so that no loop is possible; nor does a daily summary, one of
    an alert that is over, but for its end, or one that the fallback has anyway. Three queries, where there is anything
    to forward."""
    open_letters = [letter for letter in letters if _matters(letter.delivery)]
    if not open_letters:
        return []
    targets = fallback_targets()
    drafts = [
        _draft(letter, target, now)
        for letter in open_letters
        for target in targets
        if target.pk != letter.delivery.target_id
    ]
    have = _there_already(drafts)
    new = {key: draft for draft in drafts if (key := _key(draft)) not in have}
    return Delivery.objects.bulk_create(new.values(), ignore_conflicts=True)


def _matters(delivery: Delivery) -> bool:
    if delivery.alert is None or delivery.fallback_of_id is not None:
        return False
    is_over = delivery.alert.dedup_key is None
    return not is_over or delivery.kind == Delivery.Kind.RESOLVED


def _draft(letter: DeadLetter, target: Target, now: datetime) -> Delivery:
    dead, failed = letter.delivery, letter.delivery.target.name[:TARGET_NAME]
    why = f"Sent here because {failed} did not take it: {letter.why[:REASON]}"
    said = f"{why} {dead.payload.get('why', '')}".strip()
    return Delivery(
        alert=dead.alert,
        group_id=dead.group_id,
        sequence=dead.sequence,
        kind=dead.kind,
        target=target,
        fallback_of=dead,
        policy_name=POLICY,
        local_time=dead.local_time,
        routing=[{"policy": POLICY, "matched": True, "why": f"{failed} did not take it: {letter.why[:REASON]}"}],
        payload={**dead.payload, "message_id": str(uuid4()), "why": said},
        queued_at=now,
        next_attempt_at=now,
    )


def _there_already(drafts: Collection[Delivery]) -> set[_Key]:
    rows = Delivery.objects.filter(
        group__in={draft.group_id for draft in drafts}, target__in={draft.target_id for draft in drafts}
    )
    return set(rows.values_list("group_id", "sequence", "kind", "target_id"))


def _key(delivery: Delivery) -> _Key:
    return (delivery.group_id, delivery.sequence, str(delivery.kind), delivery.target_id)
