"""What the pages of alerts show, put together from rows: no writes, no HTML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser, PermissionsMixin
from django.urls import reverse

from bootstrap.runbooks.models import Runbook
from detections.alerts import queries
from detections.alerts.channels.messages import Message, render
from detections.alerts.delivery.evidence_of import record_of
from detections.alerts.delivery.payload import sample_events
from detections.alerts.handling.acknowledge import name_of
from detections.alerts.models import Alert, Delivery
from detections.alerts.pages.evidence_timeline import timeline
from detections.alerts.pages.next_steps import Links, Situation, next_steps
from detections.alerts.pages.trace import trace
from detections.alerts.routing.decide import Match, Node, RoutingDecision, Subject, decide, tree_problems
from detections.alerts.routing_models import NotificationPolicy, Target
from detections.rules import queries as rules
from detections.rules.active_rules import InForce, spec_of
from detections.rules.evaluation import registry
from detections.rules.evaluation.evaluator import LiveQuestion, LiveState
from detections.rules.evidence.base import EvidenceRecord
from detections.rules.models import Severity
from detections.telemetry.models import Event

SAMPLES = 5  # enough to see whether it is one failure or several; the issue has the rest


@dataclass(frozen=True)
class SentMessage:
    """A delivery with its message as it was, or would have been, sent."""

    delivery: Delivery
    message: Message


@dataclass(frozen=True)
class Tried:
    """Where an imagined alert would go: each match with its targets, and every policy looked at."""

    subject: Subject
    at: datetime
    decision: RoutingDecision
    matches: list[tuple[Match, list[Target]]]


def episode(alert: Alert, user: AbstractBaseUser | AnonymousUser, now: datetime) -> dict[str, Any]:
    """The context of an alert's page. Five queries, one more where there are sample events, and those of the evaluator
    of the rule's kind, whose template shows the evidence."""
    may_act = isinstance(user, PermissionsMixin | AnonymousUser) and user.has_perm("detections.change_alert")
    log, deliveries = queries.log_of(alert), queries.deliveries_of(alert)
    record, spec = record_of(alert), spec_of(alert.version)
    evaluator = registry.evaluator_behind(record, spec)
    rule = InForce(alert.rule, alert.version, spec) if spec else None
    live = evaluator.live(LiveQuestion(alert.scope, rule, record, alert.dedup_key is not None, now))
    samples = sample_events(alert.evidence, SAMPLES)
    runbooks = queries.runbooks_for(alert)
    links = links_of(alert, evaluator.evidence, samples, runbooks, live)
    situation = situation_of(
        alert, evaluator.evidence, record, mine=alert.acknowledged_by_id == user.pk, may_act=may_act, links=links
    )
    return {
        "alert": alert,
        "severity": Severity(alert.severity).name.lower(),
        "holder": situation.holder,
        "evidence_template": f"detections/alerts/evidence/{evaluator.evidence.name}.html",
        "facts_template": f"detections/alerts/evidence/{evaluator.evidence.name}.html#facts",
        "record": record,
        "live": live.detail,
        "timeline": timeline(alert, log, live.sentence),
        "samples": samples,
        "issues": list({event.issue_id: event.issue for event in samples}.values()),
        "runbooks": runbooks,
        "log": log,
        "messages_sent": [SentMessage(delivery, render(delivery.payload)) for delivery in deliveries],
        "trace": trace(alert, log, deliveries),
        "steps": next_steps(situation),
        "guardrails": [guardrail.text for guardrail in spec.guardrails] if spec else [],
        "may_act": may_act,
        "may_acknowledge": may_act and alert.dedup_key is not None and (not situation.holder or situation.reminded),
        "is_open": alert.dedup_key is not None,
    }


def judging(now: datetime) -> str:
    """What could fire at all, for an empty inbox: how many rules are in which state."""
    states = rules.states_of(rules.known_rules(), now).values()
    counted = Counter(state.name for of_rule in states for _, state in of_rule)
    if not counted["active"]:
        waits = f" {counted['dormant']} wait for what has to be signed off." if counted["dormant"] else ""
        return f"No rule is active anywhere, so nothing can fire.{waits}"
    held = " and ".join(f"{n} {name}" for name, n in counted.items() if name != "active")
    return (
        f"Rules are active in {counted['active']} places{f' ({held})' if held else ''}, and none has anything to tell."
    )


def situation_of(
    alert: Alert,
    kind: type[EvidenceRecord],
    record: EvidenceRecord | None,
    *,
    mine: bool,
    may_act: bool,
    links: Links,
) -> Situation:
    """What the advice depends on. `kind` is the evidence of the rule's kind, also where no record can be read."""
    return Situation(
        status=alert.status,
        severity=Severity(alert.severity).name.lower(),
        holder=name_of(alert.acknowledged_by) if alert.acknowledged_by else "",
        mine=mine and alert.acknowledged_by_id is not None,
        reminded=alert.reminded_at is not None,
        cause=alert.cause,
        owner=alert.owner,
        flapping=alert.flapping_since is not None,
        late=alert.detected_late,
        may_act=may_act,
        links=links,
        advice=tuple(record.advice()) if record else (),
        guesses_cause=kind.guesses_cause,
        recovering=kind.recovering,
    )


def links_of(
    alert: Alert,
    kind: type[EvidenceRecord],
    samples: Sequence[Event],
    runbooks: Sequence[Runbook],
    live: LiveState,
) -> Links:
    """Where the steps lead: issues and route of the sample events, the rule's page, the runbooks of the system, and
    what the evaluator names."""
    identifier = alert.rule.identifier
    page = reverse("rule", args=[identifier])
    issues = {event.issue_id: event.issue.title for event in samples}
    routes = dict.fromkeys(event.series_id for event in samples)
    query = urlencode({"project": alert.project.slug, "q": alert.group_key})
    of_samples = [(alert.group_key or "The route", reverse("route", args=[pk])) for pk in routes]
    board = (alert.group_key or "Routes", f"{reverse('route_list')}?{query}")
    return Links(
        issues=tuple((title, reverse("issue", args=[pk])) for pk, title in list(issues.items())[:2]),
        runbooks=tuple((runbook.title, reverse("runbook", args=[runbook.slug])) for runbook in runbooks),
        route=() if not kind.concerns_route else tuple(of_samples) if len(of_samples) == 1 else (board,),
        documentation=((f"About {identifier}", f"{page}#about"),) if alert.version.spec.get("documentation") else (),
        owners=((f"Who answers for {identifier}", f"{page}#who"),),
        advice=live.links,
    )


def routing(question: tuple[Subject, datetime] | None) -> dict[str, Any]:
    """The policies in order, what is wrong with them as a whole, and where the imagined alert would go."""
    nodes = queries.routing_tree()
    return {
        "policies": NotificationPolicy.objects.select_related("window", "parent").prefetch_related("targets"),
        "problems": tree_problems(nodes),
        "tried": _tried(nodes, *question) if question else None,
    }


def _tried(nodes: tuple[Node, ...], subject: Subject, at: datetime) -> Tried:
    decision = decide(nodes, subject, at)
    targets = Target.objects.in_bulk([target for match in decision.matches for target in match.node.targets])
    matches = [(match, [targets[target] for target in match.node.targets]) for match in decision.matches]
    return Tried(subject, at, decision, matches)
