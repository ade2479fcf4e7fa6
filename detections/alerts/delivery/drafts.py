"""To whom a message goes: a draft of a delivery for each target, by the policies or by earlier messages."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from detections.alerts.alert_subject import subject_of
from detections.alerts.causes.models import AlertGroup
from detections.alerts.delivery.updates import TOLD_BEFORE, UNTRIED, goes_by_key, message_group
from detections.alerts.delivery_models import Delivery
from detections.alerts.models import Alert
from detections.alerts.routing.match_policies import Match, RoutingDecision, match_policies
from detections.alerts.routing.matchers import Subject
from detections.alerts.routing.time_windows import local_time
from detections.alerts.routing.timing import group_key, group_words
from detections.alerts.routing_models import Target
from detections.alerts.routing_queries import routing_tree

Kind = Delivery.Kind
Status = Delivery.Status
# These say that it fires: they may wait for a group of their policy, and the time to the next repeat is counted from
# them.
FIRES = (Kind.FIRING, Kind.REPEATED)
# Deliveries that reached their target, will before a later one is sent, or may have: tried without an answer that says
# no, and then held back, overtaken or given up. Who may have got the beginning gets the end.
REACHED = (
    Q(status__in=["sent", "sending", "unknown", "queued"])
    | Q(status__in=["suppressed", "overtaken"], tries__gt=0)
    | Q(status="dead", tries__gt=1)
)
TOLD = REACHED | Q(status="overtaken", payload__has_key=TOLD_BEFORE)
# Of these the target knows already, whatever becomes of what waits for it.
TOLD_EARLIER = (TOLD | Q(status="joined")) & ~UNTRIED | Q(payload__has_key=TOLD_BEFORE)
UNFINISHED = (Status.QUEUED, Status.UNKNOWN, Status.SUPPRESSED, Status.SENDING)
KEPT = ("meant_for", "tags", "grouped_by")  # of the facts of a target's first message


@dataclass(frozen=True)
class Recipients:
    """Targets that a message is for whatever the policies say, with what named them and why."""

    targets: Sequence[int]
    named_by: str
    why: str


def by_policy(
    alert: Alert, group: AlertGroup, kind: Kind, now: datetime, *, for_summary: bool, policies: Collection[int] | None
) -> list[Delivery]:
    """A draft for each target of the matching policies: of several the first, or the first that does not wait for a
    group. For a policy of daily summaries only firings are kept. `policies`: only the messages of these."""
    subject = subject_of(alert)
    decision = match_policies(routing_tree(), subject, now)
    matches = [match for match in decision.matches if policies is None or match.node.id in policies]
    _keep_tags(alert, matches)
    _repeat_later(group, matches, now)
    labels = ", ".join(dict.fromkeys(label for match in decision.matches for label in match.node.labels))
    waiting = _waiting_targets(alert) if kind is Kind.REPEATED else ()
    drafts: dict[int, Delivery] = {}
    for match in matches:
        keep = for_summary or match.node.summary
        if keep and kind is not Kind.FIRING:
            continue
        waits = {} if keep or kind not in FIRES else _waits(match, alert, subject, kind, now)
        facts = _own_facts(match, subject, labels, grouped=bool(waits))
        for target in match.node.targets:
            earlier = drafts.get(target)
            if target not in waiting and (earlier is None or (earlier.group_key and not waits)):
                status = Status.FOR_SUMMARY if keep else Status.QUEUED
                drafts[target] = _draft(match, decision, target_id=target, payload=facts, status=status, **waits)
    for draft in drafts.values():
        draft.escalation = None if for_summary else _escalation(decision)
    return list(drafts.values())


def to_recipients(recipients: Recipients, now: datetime) -> list[Delivery]:
    """A draft for each of the targets."""
    step = {"policy": recipients.named_by, "matched": True, "why": recipients.why}
    name, local = recipients.named_by[:100], local_time("UTC", now)
    return [
        Delivery(target_id=target, policy_name=name, local_time=local, routing=[step], payload={})
        for target in recipients.targets
    ]


def to_earlier_targets(group: AlertGroup, kind: Kind) -> list[Delivery]:
    """A draft for each target of an earlier message, with the policy of the first one; none for one whose variable left
    the environment. Where that was the message of a policy's group, the group is told of the end and of what is new,
    with its next message. That a group of alerts merged is for targets that keep something open by its key."""
    told = _told(group)
    single = _first_of_each(told)
    if kind is Kind.MERGED:
        return [_follow_up(first) for first in single if goes_by_key(first.target)]
    if kind not in (Kind.RESOLVED, Kind.UPDATED):
        return [_follow_up(first) for first in single]
    return [_follow_up(first) for first in (*single, *_in_groups(told))]


def told_of_other_only(other: AlertGroup, group: AlertGroup) -> list[Delivery]:
    """A draft for each target, and each group of a policy, that was told of the other group and not of this one."""
    mine, others = _told(group), _told(other)
    targets = set(mine.filter(REACHED).values_list("target_id", flat=True))
    in_groups = {message_group(row) for row in _in_groups(mine)}
    drafts = [
        *(_follow_up(first) for first in _first_of_each(others) if first.target_id not in targets),
        *(_follow_up(first) for first in _in_groups(others) if message_group(first) not in in_groups),
    ]
    for draft in drafts:
        draft.payload[TOLD_BEFORE] = True
    return drafts


def not_told_yet(group: AlertGroup, drafts: Sequence[Delivery]) -> list[Delivery]:
    """The drafts for targets that have not heard of the group."""
    told = set(group.deliveries.filter(REACHED).values_list("target_id", flat=True)) if drafts else set()
    return [draft for draft in drafts if draft.target_id not in told]


def _draft(match: Match, decision: RoutingDecision, **values: Any) -> Delivery:
    return Delivery(
        policy_id=match.node.id,
        policy_name=match.node.name,
        window_name=match.window,
        local_time=match.local_time,
        routing=[asdict(step) for step in decision.steps],
        **values,
    )


def _waits(match: Match, alert: Alert, subject: Subject, kind: Kind, now: datetime) -> dict[str, Any]:
    """The policy's group in which a message waits, and until when; empty where it goes by itself."""
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


def _escalation(decision: RoutingDecision) -> int | None:
    """That of the first policy that takes the alert and has one; what waits for a daily summary is not escalated."""
    return next((m.node.escalation for m in decision.matches if m.node.escalation and not m.node.summary), None)


def _keep_tags(alert: Alert, matches: Iterable[Match]) -> None:
    """Keeps with the alert the tags of its policies. Not where another transaction has the alert's row, as of one that
    leads its group from now on: whoever has the environment's lock waits for nothing."""
    tags = sorted({*alert.tags, *(tag for match in matches for tag in match.node.tags)})
    if tags == alert.tags:
        return
    free = Alert.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=alert.pk).values("pk")
    if Alert.objects.filter(pk__in=free).update(tags=tags):
        alert.tags = tags


def _repeat_later(group: AlertGroup, matches: Iterable[Match], now: datetime) -> None:
    """Keeps with the group when the first of its policies may want its message sent again."""
    repeats = [now + match.node.timing.repeat for match in matches if match.node.timing.repeat is not None]
    if repeats:
        group.repeat_at = min([*repeats, *([group.repeat_at] if group.repeat_at else [])])
        group.save(update_fields=["repeat_at"])


def _waiting_targets(alert: Alert) -> set[int]:
    """The targets that have not got an earlier message yet, which would be repeated before it came."""
    return set(alert.deliveries.filter(status__in=UNFINISHED).values_list("target_id", flat=True))


def _told(group: AlertGroup) -> QuerySet[Delivery]:
    """The messages of the group, but for those to targets whose variable left the environment."""
    rows = group.deliveries.exclude(target__origin=Target.Origin.ENVIRONMENT, target__enabled=False)
    return rows.select_related("target")


def _first_of_each(told: QuerySet[Delivery]) -> QuerySet[Delivery]:
    """By target, the first message that is about one group of alerts."""
    return told.filter(TOLD, group_key="").order_by("target_id", "sequence").distinct("target_id")


def _in_groups(told: QuerySet[Delivery]) -> QuerySet[Delivery]:
    """The first message in each group of a policy that was told, or is being told, that the alert fires."""
    rows = told.filter(TOLD | Q(status=Status.JOINED), kind__in=FIRES).exclude(group_key="")
    group = ("policy_id", "target_id", "group_key")
    return rows.order_by(*group, "sequence").distinct(*group)


def _follow_up(first: Delivery) -> Delivery:
    return Delivery(
        target=first.target,
        policy_id=first.policy_id,
        policy_name=first.policy_name,
        window_name=first.window_name,
        local_time=first.local_time,
        routing=[{"policy": first.policy_name, "matched": True, "why": f"got message {first.sequence}"}],
        payload={name: first.payload[name] for name in KEPT if name in first.payload},
        group_key=first.group_key,
    )
