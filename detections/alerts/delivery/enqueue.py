"""Queues the messages of a change in its transaction, with policy, window and local time as of now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import uuid4

from django.db.models import Max, Q

from detections.alerts.alert_subject import subject_of
from detections.alerts.causes import store as causes
from detections.alerts.causes.models import AlertGroup
from detections.alerts.channels.messages import MessageFacts
from detections.alerts.delivery.payload import gather
from detections.alerts.delivery.updates import UNTRIED, can_update, fold, overtake_updates
from detections.alerts.models import Alert, Delivery
from detections.alerts.queries import routing_tree
from detections.alerts.routing.match_policies import RoutingDecision, match_policies
from detections.alerts.routing.time_windows import local_time
from detections.alerts.routing_models import Target

Kind = Delivery.Kind
# These go to the targets of earlier messages, whatever the hour; the others are routed anew.
FOLLOW_UPS = frozenset({Kind.RESOLVED, Kind.FLAPPING, Kind.ACKNOWLEDGED, Kind.UPDATED, Kind.MERGED})
# Deliveries that reached their target, may have, or will before a later one is sent.
REACHED = Q(status__in=["sent", "sending", "unknown", "queued"])


@dataclass(frozen=True)
class Recipients:
    """Targets that a message is for whatever the policies say, with what named them and why."""

    targets: Sequence[int]
    named_by: str
    why: str


def notify(
    alert: Alert,
    kind: Kind,
    now: datetime,
    *,
    for_summary: bool = False,
    actor: str = "",
    why: str = "",
    group: AlertGroup | None = None,
    routed_as: Alert | None = None,
    to: Recipients | None = None,
) -> list[Delivery]:
    """Queues a message of `kind` for each target, and returns the new deliveries. The caller has locked the alert's
    scope and row, or its environment (`causes.store.lock`).

    `for_summary`: for the daily summary, whatever the policy says. `actor` is the person behind the change, if any.
    `group`: whose message it is, if it is not the alert's. `routed_as`: an alert by whose policies it is routed, to
    targets that have not heard of the group. `to`: instead of the policies' targets.
    """
    causes.lock(alert.project_environment_id)
    group = group or causes.group_of(alert)
    if group is None and kind in FOLLOW_UPS:
        return []  # it never fired
    group = group or causes.start_group(alert, now)
    if kind is Kind.RESOLVED:
        _mark_overtaken(group)
    elif kind is Kind.ESCALATED:  # a silence need not cover the new severity
        group.deliveries.filter(status=Delivery.Status.SUPPRESSED).update(next_attempt_at=now)
    if to is not None:
        drafts = _to(to, now)
    else:
        drafts = _drafts(alert, kind, now, group, for_summary=for_summary, routed_as=routed_as)
    if not drafts and kind is not Kind.UPDATED:
        return []
    return _queue(alert, group, drafts, kind, gather(alert, kind.value, actor=actor, why=why, group=group), now)


def _drafts(
    alert: Alert, kind: Kind, now: datetime, group: AlertGroup, *, for_summary: bool, routed_as: Alert | None
) -> list[Delivery]:
    if kind in FOLLOW_UPS:
        return _to_earlier_targets(group, only_by_key=kind is Kind.MERGED)
    drafts = _by_policy(routed_as or alert, now, for_summary=for_summary, firing=kind is Kind.FIRING)
    return drafts if routed_as is None else _not_told_yet(group, drafts)


def _queue(
    alert: Alert, group: AlertGroup, drafts: Sequence[Delivery], kind: Kind, facts: MessageFacts, now: datetime
) -> list[Delivery]:
    if kind is Kind.UPDATED:
        drafts = fold(group, alert, drafts, facts, now)
    elif kind is not Kind.FIRING:
        overtake_updates(group, drafts)
    if not drafts:
        return []
    last = group.deliveries.aggregate(last=Max("sequence"))["last"] or 0
    for draft in drafts:
        draft.alert, draft.group, draft.sequence, draft.kind = alert, group, last + 1, kind
        # Random, and stored with the message: a number is given again after a restore, and by every console.
        draft.payload, draft.queued_at = {**facts, "message_id": str(uuid4()), **draft.payload}, now
        if draft.status != Delivery.Status.FOR_SUMMARY:
            draft.next_attempt_at = draft.next_attempt_at or now
    return Delivery.objects.bulk_create(drafts)


def merge_messages(absorbed: AlertGroup, leader: Alert, into: AlertGroup, now: datetime, *, held_back: bool) -> None:
    """Of a group that became part of another: what was not tried goes out as the other's, to targets that have not
    heard of that; `held_back`: to nobody. Targets that know the absorbed group by its key are told that it ends."""
    rows = absorbed.deliveries.filter(UNTRIED).select_for_update(no_key=True, skip_locked=True).order_by("sequence")
    untried = list(rows)
    told = set(into.deliveries.filter(REACHED).values_list("target_id", flat=True))
    last = (into.deliveries.aggregate(last=Max("sequence"))["last"] or 0) if untried else 0
    for number, row in enumerate(untried, 1):
        if held_back or row.target_id in told:
            row.status, row.next_attempt_at = Delivery.Status.OVERTAKEN, None
        else:
            row.group, row.sequence = into, last + number
            row.payload = {**row.payload, "episode": str(into.episode)}
            told.add(row.target_id)
    Delivery.objects.bulk_update(untried, ["status", "next_attempt_at", "group", "sequence", "payload"])
    notify(leader, Kind.MERGED, now, group=absorbed, why=f"Told with {into.leader} from now on.")


def hold_back(group: AlertGroup) -> bool:
    """What was not tried of a group that a narrower rule's alert leads now is not sent; whether anything was."""
    untried = group.deliveries.filter(UNTRIED).select_for_update(no_key=True, skip_locked=True).values("pk")
    Delivery.objects.filter(pk__in=untried).update(status=Delivery.Status.OVERTAKEN, next_attempt_at=None)
    return group.deliveries.filter(REACHED).exists()


def _not_told_yet(group: AlertGroup, drafts: Sequence[Delivery]) -> list[Delivery]:
    told = set(group.deliveries.filter(REACHED).values_list("target_id", flat=True)) if drafts else set()
    return [draft for draft in drafts if draft.target_id not in told]


def _by_policy(alert: Alert, now: datetime, *, for_summary: bool, firing: bool) -> list[Delivery]:
    """A draft for each target of the matching policies. For a policy of daily summaries only firings are kept."""
    decision = match_policies(routing_tree(), subject_of(alert), now)
    labels = ", ".join(dict.fromkeys(label for match in decision.matches for label in match.node.labels))
    drafts: dict[int, Delivery] = {}
    for match in decision.matches:
        for target in match.node.targets:
            keep = for_summary or match.node.summary
            if keep and not firing:
                continue
            draft = Delivery(
                target_id=target,
                policy_name=match.node.name,
                window_name=match.window,
                local_time=match.local_time,
                routing=_steps(decision),
                payload={"meant_for": labels} if labels else {},
                status=Delivery.Status.FOR_SUMMARY if keep else Delivery.Status.QUEUED,
            )
            drafts.setdefault(target, draft)
    for draft in drafts.values():
        draft.escalation = None if for_summary else _escalation(decision)
    return list(drafts.values())


def _escalation(decision: RoutingDecision) -> int | None:
    """That of the first policy that takes the alert and has one; what waits for a daily summary is not escalated."""
    return next((m.node.escalation for m in decision.matches if m.node.escalation and not m.node.summary), None)


def _to(recipients: Recipients, now: datetime) -> list[Delivery]:
    step = {"policy": recipients.named_by, "matched": True, "why": recipients.why}
    name, local = recipients.named_by[:100], local_time("UTC", now)
    return [
        Delivery(target_id=target, policy_name=name, local_time=local, routing=[step], payload={})
        for target in recipients.targets
    ]


def _to_earlier_targets(group: AlertGroup, *, only_by_key: bool) -> list[Delivery]:
    """A draft for each target of an earlier message, with the policy of the first one; none for one whose variable left
    the environment. `only_by_key`: for targets that change a message by a later one."""
    earlier = group.deliveries.filter(REACHED).exclude(target__origin=Target.Origin.ENVIRONMENT, target__enabled=False)
    first_messages = earlier.select_related("target").order_by("target_id", "sequence").distinct("target_id")
    return [
        Delivery(
            target=first.target,
            policy_name=first.policy_name,
            window_name=first.window_name,
            local_time=first.local_time,
            routing=[{"policy": first.policy_name, "matched": True, "why": f"got message {first.sequence}"}],
            payload={name: first.payload[name] for name in ("meant_for",) if name in first.payload},
        )
        for first in first_messages
        if not only_by_key or can_update(first.target)
    ]


def _mark_overtaken(group: AlertGroup) -> None:
    """Marks the messages of an ended group that were never tried: they are not sent any more."""
    waiting: Sequence[int] = list(
        group.deliveries.filter(UNTRIED)
        .order_by("pk")  # as the sender locks them
        .select_for_update(no_key=True)
        .values_list("pk", flat=True)
    )
    Delivery.objects.filter(pk__in=waiting).update(status=Delivery.Status.OVERTAKEN, next_attempt_at=None)


def _steps(decision: RoutingDecision) -> list[dict[str, object]]:
    return [asdict(step) for step in decision.steps]
