"""The page of an alert as a template context, built from rows: no writes, no HTML."""

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
from detections.alerts.alert_subject import labels_of_alert
from detections.alerts.channels.messages import Message, render
from detections.alerts.delivery.evidence_of import record_of
from detections.alerts.delivery.payload import sample_events
from detections.alerts.delivery_models import Delivery
from detections.alerts.handling.acknowledge import name_of
from detections.alerts.models import Alert
from detections.alerts.pages import first_screen, group_panel, judging, silences, who_has_it
from detections.alerts.pages.documentation_links import runbook_links
from detections.alerts.pages.evidence_timeline import timeline
from detections.alerts.pages.next_steps import Links, Situation, next_steps
from detections.alerts.pages.samples import grouped
from detections.alerts.pages.trace import trace
from detections.rules import queries as rules
from detections.rules.active_rules import LoadedRule, spec_of
from detections.rules.evaluation import registry
from detections.rules.evaluation.evaluator import LiveQuestion, LiveState
from detections.rules.evaluation.registry import AnyEvaluator
from detections.rules.evidence.base import EvidenceRecord
from detections.rules.models import Severity
from detections.rules.spec.schema import RuleSpec
from detections.telemetry.models import Event
from detections.telemetry.routes import MORE

MEMBERS, MEMBERS_AT_ONCE = 100, 12  # of a shared alert: shown, and shown without opening the rest
# Read, which is all that evidence names, and shown: equal ones as one. Enough to see whether it is one failure or more.
SAMPLES_READ, SAMPLES = 20, 5


@dataclass(frozen=True)
class SentMessage:
    """A delivery with its message as it was or would have been sent."""

    delivery: Delivery
    message: Message


def context(alert: Alert, user: AbstractBaseUser | AnonymousUser, now: datetime) -> dict[str, Any]:
    """The context of an alert's page. Seven queries, one more where there are sample events, one or two of its group
    where it is not alone, those of the evaluator of the rule's kind, whose template shows the evidence, of who is
    affected, and of what changed before."""
    may_act = isinstance(user, PermissionsMixin | AnonymousUser) and user.has_perm("detections.change_alert")
    log, deliveries = queries.log_of(alert), queries.deliveries_of(alert)
    record, spec = record_of(alert), spec_of(alert.version)
    evaluator = registry.evaluator_behind(record, spec)
    live = _live_state(alert, evaluator, record, spec, now)
    samples, runbooks = sample_events(alert.evidence, SAMPLES_READ), queries.runbooks_for(alert)
    links = links_of(alert, evaluator.evidence, samples, runbooks, live)
    who, mine = who_has_it.context(alert, spec), alert.acknowledged_by_id == user.pk
    situation = situation_of(alert, evaluator.evidence, record, mine=mine, may_act=may_act, links=links)
    situation = who_has_it.with_owners(situation, alert, user, who["hand_to"])
    return {
        "alert": alert,
        **_header(alert, situation),
        **_told_with(alert, now),
        **who,
        **first_screen.context(alert, evaluator.evidence, record, live.sentence, now),
        **_evidence(evaluator.evidence, record, live, samples),
        **judging.context(alert, log, may_act=may_act),
        "timeline": timeline(alert, log, live.sentence),
        "runbooks": runbooks,
        "log": log,
        "messages_sent": _messages(deliveries),
        "trace": trace(alert, log, deliveries),
        "steps": next_steps(situation),
        "guardrails": [guardrail.text for guardrail in spec.guardrails] if spec else [],
    }


def _told_with(alert: Alert, now: datetime) -> dict[str, Any]:
    """What else decides who is told of it: its group, the scopes that share it, the silences that hide it."""
    return {**_members(alert), **group_panel.context(alert), **silences.context(alert, now)}


def _messages(deliveries: Sequence[Delivery]) -> list[SentMessage]:
    return [SentMessage(delivery, render(delivery.payload)) for delivery in deliveries]


def _members(alert: Alert) -> dict[str, Any]:
    """The scopes that share the alert. Two queries for such an alert, none for others."""
    if alert.group_key != MORE:
        return {"members": []}
    members = queries.members_of(alert, MEMBERS)
    return {
        "members": members[:MEMBERS_AT_ONCE],
        "members_rest": members[MEMBERS_AT_ONCE:],
        "members_total": alert.members.count(),
        "members_shown": MEMBERS,
    }


def _live_state(
    alert: Alert, evaluator: AnyEvaluator, record: EvidenceRecord | None, spec: RuleSpec | None, now: datetime
) -> LiveState:
    """What holds in the alert's scope at present, by the version that opened it."""
    if alert.group_key == MORE:
        if alert.dedup_key is None:
            return LiveState("")
        fire = "fires" if alert.members_firing == 1 else "fire"
        return LiveState(f"{alert.members_firing or 0:,} of the groups below {fire}.")
    rule = LoadedRule(alert.rule, alert.version, spec) if spec else None
    return evaluator.live(LiveQuestion(alert.scope, rule, record, alert.dedup_key is not None, now))


def _header(alert: Alert, situation: Situation) -> dict[str, Any]:
    """Labels, severity, acknowledgment and the acts that the user may carry out."""
    is_open = alert.dedup_key is not None
    may_take = not situation.acknowledged_by or situation.reminded or (situation.handed_to_user and not situation.mine)
    return {
        "labels": labels_of_alert(alert),
        "severity": situation.severity,
        "acknowledged_by": situation.acknowledged_by,
        "is_open": is_open,
        "may_act": situation.may_act,
        "may_acknowledge": situation.may_act and is_open and may_take,
    }


def _evidence(
    kind: type[EvidenceRecord], record: EvidenceRecord | None, live: LiveState, samples: Sequence[Event]
) -> dict[str, Any]:
    """The evidence with the templates of its kind, and the stored events that it names."""
    return {
        "evidence_template": f"detections/alerts/evidence/{kind.name}.html",
        "facts_template": f"detections/alerts/evidence/{kind.name}.html#facts",
        "record": record,
        "live": live.detail,
        "samples": grouped(samples)[:SAMPLES],
        "issues": list({event.issue_id: event.issue for event in samples}.values()),
    }


def rules_summary(now: datetime) -> str:
    """How many rules are in which state, for an empty list of alerts: whether anything could fire."""
    states = rules.states_of(rules.known_rules(), now).values()
    counted = Counter(state.name for of_rule in states for _, state in of_rule)
    if not counted["active"] + counted["muted"]:
        waits = f" {counted['dormant']} wait for what has to be signed off." if counted["dormant"] else ""
        return f"No rule is active anywhere, so nothing can fire.{waits}"
    others = ", ".join(f"{n} {name}" for name, n in counted.items() if name != "active")
    return f"Rules are active in {counted['active']} places{f' ({others})' if others else ''}, and none fires."


def situation_of(
    alert: Alert,
    kind: type[EvidenceRecord],
    record: EvidenceRecord | None,
    *,
    mine: bool,
    may_act: bool,
    links: Links,
) -> Situation:
    """What the next steps depend on. `kind` is the evidence type of the rule's kind, also without a readable record."""
    return Situation(
        status=alert.status,
        severity=Severity(alert.severity).name.lower(),
        acknowledged_by=name_of(alert.acknowledged_by) if alert.acknowledged_by else "",
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
    """The links of the next steps: issues and route of the sample events, the rule's page, runbooks of the system, and
    those of the evaluator."""
    identifier = alert.rule.identifier
    page = reverse("rule", args=[identifier])
    issues = {event.issue_id: event.issue.title for event in samples}
    routes = dict.fromkeys(event.series_id for event in samples)
    group = "" if alert.group_key == MORE else alert.group_key
    query = urlencode({"project": alert.project.slug, "q": group})
    of_samples = [(group or "The route", reverse("route", args=[pk])) for pk in routes]
    board = (group or "Routes", f"{reverse('route_list')}?{query}")
    documentation = alert.version.spec.get("documentation") or ""
    about = ((f"About {identifier}", f"{page}#about"),) if documentation else ()
    return Links(
        issues=tuple((title, reverse("issue", args=[pk])) for pk, title in list(issues.items())[:2]),
        runbooks=tuple((runbook.title, reverse("runbook", args=[runbook.slug])) for runbook in runbooks),
        route=() if not kind.concerns_route else tuple(of_samples) if len(of_samples) == 1 else (board,),
        documentation=(*runbook_links(documentation), *about),
        owners=((f"Escalation of {identifier}", f"{page}#who"),),
        advice=live.links,
    )
