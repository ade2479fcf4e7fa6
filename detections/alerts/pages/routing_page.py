"""The routing page as a template context: the policies, and where an imagined alert would go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from detections.alerts import routing_queries
from detections.alerts.pages.tried_escalation import TriedEscalation, tried_escalation
from detections.alerts.routing.match_policies import (
    Match,
    PolicyNode,
    RoutingDecision,
    in_tree_order,
    match_policies,
    tree_problems,
)
from detections.alerts.routing.matchers import Subject
from detections.alerts.routing.mute_timings import muted_until, muting
from detections.alerts.routing.time_windows import local_time
from detections.alerts.routing.timing import timing_words, words_for
from detections.alerts.routing_models import NotificationPolicy, Target

DEEPEST = 3  # that is indented further


@dataclass(frozen=True)
class PolicyRow:
    """A policy as a row of the tree: how far it is indented, its timing and mute timings in words."""

    policy: NotificationPolicy
    depth: int
    timing: list[str]
    mutes: list[str]


@dataclass(frozen=True)
class TriedMatch:
    """A policy that would take the imagined alert, with its targets, and when the message would go in words."""

    match: Match
    targets: list[Target]
    timing: list[str]
    muted: str


@dataclass(frozen=True)
class RoutingTrial:
    """The routing of an imagined alert: the policies that take it, and the decision with every policy tried."""

    subject: Subject
    at: datetime
    decision: RoutingDecision
    matches: list[TriedMatch]
    escalation: TriedEscalation | None


def context(imagined: tuple[Subject, datetime] | None) -> dict[str, Any]:
    """The policies as a tree, problems of the tree, and the routing of the imagined alert, if any."""
    nodes = routing_queries.routing_tree()
    rows = NotificationPolicy.objects.select_related("window", "parent", "escalation").prefetch_related(
        "targets", "mute_windows"
    )
    policies = {row.pk: row for row in rows}
    tree = [(policies[node.id], depth) for node, depth in in_tree_order(nodes) if node.id in policies]
    return {
        "rows": [_row(policy, min(depth, DEEPEST)) for policy, depth in tree],
        "problems": tree_problems(nodes),
        "trial": _try(nodes, policies, *imagined) if imagined else None,
    }


def _row(policy: NotificationPolicy, depth: int) -> PolicyRow:
    summary = policy.delivery == NotificationPolicy.Delivery.SUMMARY
    timing = [] if summary else timing_words(routing_queries.timing_of(policy))
    mutes = [f"{window.name} ({routing_queries.window_of(window)})" for window in policy.mute_windows.all()]
    return PolicyRow(policy, depth, timing, mutes)


def _try(
    nodes: tuple[PolicyNode, ...], policies: Mapping[int, NotificationPolicy], subject: Subject, at: datetime
) -> RoutingTrial:
    decision = match_policies(nodes, subject, at)
    matches = [_tried(match, policies[match.node.id], subject, at) for match in decision.matches]
    return RoutingTrial(subject, at, decision, matches, tried_escalation(decision.matches, at))


def _tried(match: Match, policy: NotificationPolicy, subject: Subject, at: datetime) -> TriedMatch:
    targets = [target for target in policy.targets.all() if target.pk in match.node.targets]
    timing = [] if match.node.summary else words_for(match.node.timing, subject)
    return TriedMatch(match, targets, timing, _muted(policy, subject, at))


def _muted(policy: NotificationPolicy, subject: Subject, at: datetime) -> str:
    """Why nothing would be sent at that time; empty where no mute timing holds it."""
    if subject.severity == "critical" and not policy.mute_critical:
        return ""
    windows = [routing_queries.window_of(row) for row in policy.mute_windows.all()]
    window = muting(windows, at)
    if window is None:
        return ""
    until = muted_until(windows, at)
    return f"Held back by the mute timing {window.name}" + (f" until {local_time(window.zone, until)}" if until else "")
