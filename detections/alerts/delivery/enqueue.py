"""Queues the messages of a change in its transaction, with policy, window and local time as of now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import uuid4

from django.db.models import Max, Q
from django.db.models.fields.json import KT

from detections.alerts.delivery.payload import gather
from detections.alerts.models import Alert, Delivery
from detections.alerts.queries import routing_tree
from detections.alerts.routing.match_policies import RoutingDecision, Subject, match_policies
from detections.alerts.routing_models import Target
from detections.rules.models import Severity

Kind = Delivery.Kind
# These go to the targets of earlier messages, whatever the hour; the others are routed anew.
FOLLOW_UPS = frozenset({Kind.RESOLVED, Kind.FLAPPING, Kind.ACKNOWLEDGED})
# Deliveries that reached their target, will before a later one is sent, or may have: tried without an answer that says
# no, and then held back, overtaken or given up. Who may have got the beginning gets the end.
REACHED = (
    Q(status__in=["sent", "sending", "unknown", "queued"])
    | Q(status__in=["suppressed", "overtaken"], tries__gt=0)
    | Q(status="dead", tries__gt=1)
)


def subject_of(alert: Alert) -> Subject:
    """The facts of an alert that policies match."""
    return Subject(
        rule=alert.rule.identifier,
        category=alert.rule.category,
        severity=Severity(alert.severity).name.lower(),
        project=alert.project.slug,
        environment=alert.project_environment.name,
    )


def notify(
    alert: Alert, kind: Kind, now: datetime, *, for_summary: bool = False, actor: str = "", why: str = ""
) -> list[Delivery]:
    """Queues a message of `kind` for each target, and returns the deliveries. The caller has locked the alert's row.

    `for_summary`: for the daily summary, whatever the policy says. `actor` is the person behind the change, if any.
    """
    if kind is Kind.RESOLVED:
        _mark_overtaken(alert)
    if kind in FOLLOW_UPS:
        drafts = _to_earlier_targets(alert)
    else:
        drafts = _by_policy(alert, now, for_summary=for_summary, firing=kind is Kind.FIRING)
    if not drafts:
        return []
    facts = gather(alert, kind.value, actor=actor, why=why)
    earlier = alert.deliveries.aggregate(last=Max("sequence"), episode=Max(KT("payload__episode")))
    # Random, and stored with the message: a number is given again after a restore, and by every console.
    facts["episode"] = earlier["episode"] or str(uuid4())
    for draft in drafts:
        draft.alert, draft.sequence, draft.kind = alert, (earlier["last"] or 0) + 1, kind
        draft.payload, draft.queued_at = {**facts, "message_id": str(uuid4()), **draft.payload}, now
        draft.next_attempt_at = None if draft.status == Delivery.Status.FOR_SUMMARY else now
    return Delivery.objects.bulk_create(drafts)


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
    return list(drafts.values())


def _to_earlier_targets(alert: Alert) -> list[Delivery]:
    """A draft for each target of an earlier message, with the policy of the first one; none for one whose variable left
    the environment."""
    earlier = alert.deliveries.filter(REACHED).exclude(target__origin=Target.Origin.ENVIRONMENT, target__enabled=False)
    first_messages = earlier.order_by("target_id", "sequence").distinct("target_id")
    return [
        Delivery(
            target_id=first.target_id,
            policy_name=first.policy_name,
            window_name=first.window_name,
            local_time=first.local_time,
            routing=[{"policy": first.policy_name, "matched": True, "why": f"got message {first.sequence}"}],
            payload={name: first.payload[name] for name in ("meant_for",) if name in first.payload},
        )
        for first in first_messages
    ]


def _mark_overtaken(alert: Alert) -> None:
    """Marks the messages of an ended alert that were never tried, or are held back: they are not sent any more."""
    waiting: Sequence[int] = list(
        alert.deliveries.filter(Q(status=Delivery.Status.QUEUED, tries=0) | Q(status=Delivery.Status.SUPPRESSED))
        .select_for_update(no_key=True)
        .values_list("pk", flat=True)
    )
    Delivery.objects.filter(pk__in=waiting).update(status=Delivery.Status.OVERTAKEN, next_attempt_at=None)


def _steps(decision: RoutingDecision) -> list[dict[str, object]]:
    return [asdict(step) for step in decision.steps]
