"""The routing page as a template context: the policies, and where an imagined alert would go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from detections.alerts import queries
from detections.alerts.routing.match_policies import (
    Match,
    PolicyNode,
    RoutingDecision,
    match_policies,
    tree_problems,
)
from detections.alerts.routing.matchers import Subject
from detections.alerts.routing_models import NotificationPolicy, Target


@dataclass(frozen=True)
class RoutingTrial:
    """The routing of an imagined alert: each match with its targets, and the decision with every policy tried."""

    subject: Subject
    at: datetime
    decision: RoutingDecision
    matches: list[tuple[Match, list[Target]]]


def context(imagined: tuple[Subject, datetime] | None) -> dict[str, Any]:
    """The policies in order, problems of the tree, and the routing of the imagined alert, if any."""
    nodes = queries.routing_tree()
    return {
        "policies": NotificationPolicy.objects.select_related("window", "parent").prefetch_related("targets"),
        "problems": tree_problems(nodes),
        "trial": _try(nodes, *imagined) if imagined else None,
    }


def _try(nodes: tuple[PolicyNode, ...], subject: Subject, at: datetime) -> RoutingTrial:
    decision = match_policies(nodes, subject, at)
    targets = Target.objects.in_bulk([target for match in decision.matches for target in match.node.targets])
    matches = [(match, [targets[target] for target in match.node.targets]) for match in decision.matches]
    return RoutingTrial(subject, at, decision, matches)
