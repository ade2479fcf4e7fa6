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


@dataclass(frozen=True)
class PolicyTree:
    """All policies: as the pure tree, and as rows by id. Five queries."""

    nodes: tuple[PolicyNode, ...]
    policies: Mapping[int, NotificationPolicy]

    @classmethod
    def read(cls) -> PolicyTree:
        rows = NotificationPolicy.objects.select_related("window", "parent", "escalation").prefetch_related(
            "targets", "mute_windows"
        )
        return cls(routing_queries.routing_tree(), {row.pk: row for row in rows})


def context(imagined: tuple[Subject, datetime] | None) -> dict[str, Any]:
    """The policies as a tree, problems of the tree, and the routing of the imagined alert, if any."""
    tree = PolicyTree.read()
    ordered = [(tree.policies[each.id], depth) for each, depth in in_tree_order(tree.nodes) if each.id in tree.policies]
    return {
        "rows": [_row(policy, min(depth, DEEPEST)) for policy, depth in ordered],
        "problems": tree_problems(tree.nodes),
        "trial": try_routing(tree, *imagined) if imagined else None,
    }


def _row(policy: NotificationPolicy, depth: int) -> PolicyRow:
    summary = policy.delivery == NotificationPolicy.Delivery.SUMMARY
    timing = [] if summary else timing_words(routing_queries.timing_of(policy))
    mutes = [f"{window.name} ({routing_queries.window_of(window)})" for window in policy.mute_windows.all()]
    return PolicyRow(policy, depth, timing, mutes)


def try_routing(tree: PolicyTree, subject: Subject, at: datetime) -> RoutingTrial:
    """Where an alert of that subject would go at that time, and who is told later while nobody acknowledges."""
    decision = match_policies(tree.nodes, subject, at)
    matches = tried_matches(tree, decision, subject, at)
    return RoutingTrial(subject, at, decision, matches, tried_escalation(decision.matches, at))


def tried_matches(tree: PolicyTree, decision: RoutingDecision, subject: Subject, at: datetime) -> list[TriedMatch]:
    """The policies that take it, with targets and timing. No query. A policy that came after `tree` read the rows is
    left out."""
    return [
        _tried(match, tree.policies[match.node.id], subject, at)
        for match in decision.matches
        if match.node.id in tree.policies
    ]


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
