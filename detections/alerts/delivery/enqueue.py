"""Queues the messages of a change in its transaction, with policy, window and local time as of now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db.models import Max, Q, QuerySet
from django.db.models.fields.json import KT

from detections.alerts.alert_subject import subject_of
from detections.alerts.channels.messages import MessageFacts
from detections.alerts.delivery.payload import gather
from detections.alerts.models import Alert, Delivery
from detections.alerts.queries import routing_tree
from detections.alerts.routing.match_policies import Match, RoutingDecision, match_policies
from detections.alerts.routing.matchers import Subject
from detections.alerts.routing.timing import group_key, group_words
from detections.alerts.routing_models import Target

Kind = Delivery.Kind
Status = Delivery.Status
# These go to the targets of earlier messages, whatever the hour; the others are routed anew.
FOLLOW_UPS = frozenset({Kind.RESOLVED, Kind.FLAPPING, Kind.ACKNOWLEDGED})
# These say that it fires: they may wait for a group, and the time to the next repeat is counted from them.
FIRES = (Kind.FIRING, Kind.REPEATED)
# Deliveries that reached their target, may have, or will before a later one is sent.
REACHED = Q(status__in=["sent", "sending", "unknown", "queued"])
UNFINISHED = (Status.QUEUED, Status.UNKNOWN, Status.SUPPRESSED, Status.SENDING)


def notify(
    alert: Alert,
    kind: Kind,
    now: datetime,
    *,
    for_summary: bool = False,
    actor: str = "",
    why: str = "",
    policies: Collection[int] | None = None,
) -> list[Delivery]:
    """Queues a message of `kind` for each target, and returns the deliveries. The caller has locked the alert's row.

    `for_summary`: for the daily summary, whatever the policy says. `actor` is the person behind the change, if any.
    `policies`: only the messages of these.
    """
    _mark_overtaken(alert, kind)
    if kind in FOLLOW_UPS:
        drafts = _to_earlier_targets(alert, kind)
    else:
        drafts = _by_policy(alert, kind, now, for_summary=for_summary, policies=policies)
    if not drafts:
        return []
    facts = gather(alert, kind.value, actor=actor, why=why)
    earlier = alert.deliveries.aggregate(last=Max("sequence"), episode=Max(KT("payload__episode")))
    # Random, and stored with the message: a number is given again after a restore, and by every console.
    facts["episode"] = earlier["episode"] or str(uuid4())
    _complete(drafts, alert, kind, now, facts, earlier["last"] or 0)
    return Delivery.objects.bulk_create(drafts)


def _complete(
    drafts: Sequence[Delivery], alert: Alert, kind: Kind, now: datetime, facts: MessageFacts, last: int
) -> None:
    """Gives the drafts their numbers after the `last`, and the facts that all have."""
    numbers: Counter[int] = Counter()  # a group, and the alert itself, may each have a message to one target
    for draft in drafts:
        numbers[draft.target_id] += 1
        draft.alert, draft.sequence, draft.kind = alert, last + numbers[draft.target_id], kind
        draft.payload, draft.queued_at = {**facts, "message_id": str(uuid4()), **draft.payload}, now
        if draft.status != Status.FOR_SUMMARY:
            draft.next_attempt_at = draft.next_attempt_at or now


def _by_policy(
    alert: Alert, kind: Kind, now: datetime, *, for_summary: bool, policies: Collection[int] | None
) -> list[Delivery]:
    """A draft for each target of the matching policies: of several the first, or the first that does not wait for a
    group. For a policy of daily summaries only firings are kept."""
    subject = subject_of(alert)
    decision = match_policies(routing_tree(), subject, now)
    matches = [match for match in decision.matches if policies is None or match.node.id in policies]
    _keep_routing(alert, matches, now)
    labels = ", ".join(dict.fromkeys(label for match in decision.matches for label in match.node.labels))
    waiting = _waiting_targets(alert) if kind is Kind.REPEATED else ()
    drafts: dict[int, Delivery] = {}
    for match in matches:
        keep = for_summary or match.node.summary
        if keep and kind is not Kind.FIRING:
            continue
        group = {} if keep or kind not in FIRES else _group(match, alert, subject, kind, now)
        facts = _own_facts(match, subject, labels, grouped=bool(group))
        for target in match.node.targets:
            earlier = drafts.get(target)
            if target not in waiting and (earlier is None or (earlier.group_key and not group)):
                status = Status.FOR_SUMMARY if keep else Status.QUEUED
                drafts[target] = _draft(match, decision, target_id=target, payload=facts, status=status, **group)
    return list(drafts.values())


def _draft(match: Match, decision: RoutingDecision, **values: Any) -> Delivery:
    return Delivery(
        policy_id=match.node.id,
        policy_name=match.node.name,
        window_name=match.window,
        local_time=match.local_time,
        routing=[asdict(step) for step in decision.steps],
        **values,
    )


def _group(match: Match, alert: Alert, subject: Subject, kind: Kind, now: datetime) -> dict[str, Any]:
    """The group in which a message waits, and until when; empty where it goes by itself."""
    timing = match.node.timing
    if timing.wait is None or not timing.groups(alert.severity):
        return {}
    due = now + timing.wait if kind is Kind.FIRING else now
    return {"group_key": group_key(timing.group_by, subject), "next_attempt_at": due}


def _own_facts(match: Match, subject: Subject, labels: str, *, grouped: bool) -> dict[str, Any]:
    facts = {"meant_for": labels, "tags": ", ".join(match.node.tags)}
    if grouped:
        facts["grouped_by"] = group_words(match.node.timing.group_by, subject) or match.node.name
    return {name: value for name, value in facts.items() if value}


def _keep_routing(alert: Alert, matches: Iterable[Match], now: datetime) -> None:
    """Keeps with the alert the tags of its policies, and when the first of them may want its message sent again."""
    tags = sorted({*alert.tags, *(tag for match in matches for tag in match.node.tags)})
    repeats = [now + match.node.timing.repeat for match in matches if match.node.timing.repeat is not None]
    repeat_at = min(repeats, default=alert.repeat_at)
    if (tags, repeat_at) != (alert.tags, alert.repeat_at):
        alert.tags, alert.repeat_at = tags, repeat_at
        Alert.objects.filter(pk=alert.pk).update(tags=tags, repeat_at=repeat_at)


def _waiting_targets(alert: Alert) -> set[int]:
    """The targets that have not got an earlier message yet, which would be repeated before it came."""
    return set(alert.deliveries.filter(status__in=UNFINISHED).values_list("target_id", flat=True))


def _to_earlier_targets(alert: Alert, kind: Kind) -> list[Delivery]:
    """A draft for each target of an earlier message, with the policy of the first one; none for one whose variable left
    the environment. Where that was a group's message, the group is told of the end, with its next message."""
    told = alert.deliveries.exclude(target__origin=Target.Origin.ENVIRONMENT, target__enabled=False)
    single = told.filter(REACHED, group_key="").order_by("target_id", "sequence").distinct("target_id")
    if kind is not Kind.RESOLVED:
        return [_follow_up(first) for first in single]
    return [_follow_up(first) for first in (*single, *_in_groups(told))]


def _in_groups(told: QuerySet[Delivery]) -> QuerySet[Delivery]:
    """The first message in each group that was told, or is being told, that the alert fires."""
    rows = told.filter(REACHED | Q(status=Status.JOINED), kind__in=FIRES).exclude(group_key="")
    group = ("policy_id", "target_id", "group_key")
    return rows.order_by(*group, "sequence").distinct(*group)


def _follow_up(first: Delivery) -> Delivery:
    kept = ("meant_for", "tags", "grouped_by")
    return Delivery(
        target_id=first.target_id,
        policy_id=first.policy_id,
        policy_name=first.policy_name,
        window_name=first.window_name,
        local_time=first.local_time,
        routing=[{"policy": first.policy_name, "matched": True, "why": f"got message {first.sequence}"}],
        payload={name: first.payload[name] for name in kept if name in first.payload},
        group_key=first.group_key,
    )


def _mark_overtaken(alert: Alert, kind: Kind) -> None:
    """Marks messages that were never tried and are not sent any more: all where the alert has ended, and those that
    wait for a group where its severity rose, which goes by itself."""
    if kind not in (Kind.RESOLVED, Kind.ESCALATED):
        return
    rows = alert.deliveries.filter(status__in=[Status.QUEUED, Status.SUPPRESSED], tries=0)
    if kind is Kind.ESCALATED:
        rows = rows.exclude(group_key="")
    waiting: Sequence[int] = list(rows.select_for_update(no_key=True).values_list("pk", flat=True))
    Delivery.objects.filter(pk__in=waiting).update(status=Status.OVERTAKEN, next_attempt_at=None)
