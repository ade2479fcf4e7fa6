"""The fallback: a message that became a dead letter goes to another target, and says which one failed and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4

from django.conf import settings
from django.db import connection
from django.db.models import Max
from django.db.models.functions import Coalesce
from django.urls import reverse

from detections.alerts.alert_subject import never_pages
from detections.alerts.causes.models import AlertGroup, GroupedAlert
from detections.alerts.delivery.incident_messages import gets
from detections.alerts.delivery_models import Delivery
from detections.alerts.routing_models import Target
from detections.alerts.routing_queries import fallback_targets, last_targets, pages

POLICY = "Fallback"
TARGET_NAME = 60  # characters of the target's name, and of the reason, in the message
REASON = 200
FOR_SUMMARY = Delivery.Status.FOR_SUMMARY
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('detections.alerts.delivery.fallback', 0))"


class _Key(NamedTuple):
    """What no two messages have in common."""

    group_id: int | None
    sequence: int
    kind: str
    target_id: int


class _Said(NamedTuple):
    """What is said to a target: equal for the messages of one change to several targets, also after another group took
    some of them over and numbered them anew."""

    alert_id: int | None
    kind: str
    queued_at: datetime
    target_id: int


class DeadLetter(NamedTuple):
    """A message that is not tried again, and why."""

    delivery: Delivery
    why: str


def forward(letters: Sequence[DeadLetter], now: datetime) -> list[Delivery]:
    """Queues the messages again for the fallback targets; returns the deliveries. Load alert and target with each.

    It becomes one of the group that holds its alert now, whose end the fallback gets: another may have absorbed that of
    the message. Those that were told in the message of a policy's group wait for one another again, so that the
    fallback gets one message too. What was forwarded itself goes no further, so that no loop is possible; nor does a
    daily summary, one of an alert that is over, but for its end, or one that the fallback has anyway. Eight queries,
    where there is anything to forward."""
    open_letters = [letter for letter in _with_carried(letters) if _matters(letter.delivery)]
    of_incidents = [letter for letter in letters if letter.delivery.incident_id and not letter.delivery.fallback_of_id]
    if not (open_letters or of_incidents) or not (targets := fallback_targets()):
        return []
    with connection.cursor() as cursor:
        cursor.execute(LOCK)  # so that of two senders the second sees what the first forwarded
    made = _of_incidents(of_incidents, targets, now) if of_incidents else []
    return [*made, *(_of_alerts(open_letters, targets, now) if open_letters else [])]


def _of_alerts(open_letters: Sequence[DeadLetter], targets: Sequence[Target], now: datetime) -> list[Delivery]:
    holders = _holders(open_letters)
    drafts = [
        _draft(letter, target, holders.get(letter.delivery.pk), now)
        for letter in open_letters
        for target in _without_pagers(letter.delivery, targets)
        if target.pk != letter.delivery.target_id
    ]
    taken, had = _taken(drafts), _had(drafts)
    new: dict[_Said, Delivery] = {}
    for draft in drafts:
        if taken.get(_key(draft), FOR_SUMMARY) == FOR_SUMMARY and (said := _said(draft)) not in had:
            new.setdefault(said, draft)
    _number([draft for draft in new.values() if _key(draft) in taken or not draft.sequence])
    return Delivery.objects.bulk_create(new.values(), ignore_conflicts=True)


def _without_pagers(dead: Delivery, targets: Sequence[Target]) -> Sequence[Target]:
    """Without those that page where the alert never does: if that is all of them, what the last policy has instead."""
    calm = [target for target in targets if not pages(target)]
    if len(calm) == len(targets) or dead.alert is None or not never_pages(dead.alert):
        return targets
    return calm or [target for target in last_targets() if not pages(target)]


def _of_incidents(letters: Sequence[DeadLetter], targets: Sequence[Target], now: datetime) -> list[Delivery]:
    """Messages of incidents, under the numbers that they have: who has the message anyway gets no second. What the
    fallback does not take, as a pager, goes to the targets of the last policy."""
    drafts = [
        _draft(letter, target, None, now)
        for letter in letters
        for target in _taking(letter.delivery, targets) or _taking(letter.delivery, last_targets())
        if target.pk != letter.delivery.target_id
    ]
    return Delivery.objects.bulk_create(drafts, ignore_conflicts=True)


def _taking(dead: Delivery, targets: Sequence[Target]) -> list[Target]:
    return [target for target in targets if gets(target, dead.kind, str(dead.payload.get("actor", "")))]


def _with_carried(letters: Sequence[DeadLetter]) -> list[DeadLetter]:
    """The letters, with those whose messages they carried, which are dead with them. Two queries where there are any of
    a policy's group."""
    carriers = {letter.delivery.pk: letter for letter in letters if letter.delivery.group_key}
    if not carriers:
        return list(letters)
    carried = Delivery.objects.filter(carrier__in=carriers, status=Delivery.Status.JOINED)
    rows = list(carried.select_related("alert", "target").order_by("pk"))
    for row in rows:
        row.status, row.tries = Delivery.Status.DEAD, carriers[row.carrier_id or 0].delivery.tries
    Delivery.objects.bulk_update(rows, ["status", "tries"])
    return [*letters, *(DeadLetter(row, carriers[row.carrier_id or 0].why) for row in rows)]


def _matters(delivery: Delivery) -> bool:
    if delivery.alert is None or delivery.fallback_of_id is not None:
        return False
    is_over = delivery.alert.dedup_key is None
    return not is_over or delivery.kind == Delivery.Kind.RESOLVED


def _holders(letters: Sequence[DeadLetter]) -> dict[int, AlertGroup]:
    """By message, the group that holds its alert now. That a group became part of another stays a message of that."""
    dead = [letter.delivery for letter in letters if letter.delivery.kind != Delivery.Kind.MERGED]
    rows = GroupedAlert.objects.filter(alert__in={each.alert_id for each in dead}).select_related("group")
    groups = {row.alert_id: row.group for row in rows}
    return {each.pk: groups[each.alert_id] for each in dead if each.alert_id in groups}


def _draft(letter: DeadLetter, target: Target, holder: AlertGroup | None, now: datetime) -> Delivery:
    dead, failed = letter.delivery, letter.delivery.target.name[:TARGET_NAME]
    moved = holder is not None and holder.pk != dead.group_id
    why = f"Sent here because {failed} did not take it: {letter.why[:REASON]}"
    said = f"{why} {dead.payload.get('why', '')}".strip()
    return Delivery(
        alert=dead.alert,
        group_id=holder.pk if holder else dead.group_id,
        incident_id=dead.incident_id,
        sequence=0 if moved else dead.sequence,  # 0: given later
        kind=dead.kind,
        target=target,
        fallback_of=dead,
        policy_id=dead.policy_id if dead.group_key else None,
        group_key=dead.group_key,
        policy_name=POLICY,
        local_time=dead.local_time,
        routing=[{"policy": POLICY, "matched": True, "why": f"{failed} did not take it: {letter.why[:REASON]}"}],
        payload={**_facts(dead, holder), "message_id": str(uuid4()), "why": said, "forwarded": why},
        queued_at=now,
        next_attempt_at=now,
    )


def _facts(dead: Delivery, holder: AlertGroup | None) -> dict[str, Any]:
    """The facts of the message, as that of its alert where it was about several of a policy's group: if these wait for
    one another again, the sender makes one of them again."""
    facts = dict(dead.payload)
    if holder is not None and holder.pk != dead.group_id:
        facts["episode"] = str(holder.episode)
    if facts.pop("key", None) is not None:
        facts |= {"kind": dead.kind, "url": settings.PUBLIC_URL + reverse("alert", args=[dead.alert_id])}
        for name in ("alerts", "alert_counts", *(() if dead.group_key else ("grouped_by",))):
            facts.pop(name, None)
    return facts


def _taken(drafts: Collection[Delivery]) -> dict[_Key, str]:
    """The status of each message that the targets have or get, also in a daily summary."""
    rows = Delivery.objects.filter(
        group__in={draft.group_id for draft in drafts}, target__in={draft.target_id for draft in drafts}
    )
    return {_Key(*key): status for *key, status in rows.values_list(*_Key._fields, "status")}


def _had(drafts: Collection[Delivery]) -> set[_Said]:
    """What was said to the targets of the drafts about their alerts, or will be, but for what waits for a summary."""
    rows = Delivery.objects.filter(
        alert__in={draft.alert_id for draft in drafts}, target__in={draft.target_id for draft in drafts}
    )
    said = rows.exclude(status=FOR_SUMMARY).annotate(first=Coalesce("fallback_of__queued_at", "queued_at"))
    return {_Said(*row) for row in said.values_list("alert_id", "kind", "first", "target_id")}


def _number(drafts: Collection[Delivery]) -> None:
    """Numbers the drafts after all other messages of their groups, those to one target in their order."""
    if not drafts:
        return
    rows = Delivery.objects.filter(group__in={draft.group_id for draft in drafts}).values_list("group")
    last = dict(rows.annotate(last=Max("sequence")).order_by())
    numbers: Counter[tuple[int | None, int]] = Counter()
    for draft in drafts:
        numbers[draft.group_id, draft.target_id] += 1
        draft.sequence = last.get(draft.group_id, 0) + numbers[draft.group_id, draft.target_id]


def _key(delivery: Delivery) -> _Key:
    return _Key(delivery.group_id, delivery.sequence, str(delivery.kind), delivery.target_id)


def _said(draft: Delivery) -> _Said:
    assert draft.fallback_of is not None
    return _Said(draft.alert_id, str(draft.kind), draft.fallback_of.queued_at, draft.target_id)
