"""Which policies and targets an alert is routed to, and why (pure: no ORM, no clock).

Policies are an ordered tree of matchers and time windows. Of a policy that matches the children are tried; where none
of them matches, it takes the alert itself. Its later siblings are tried only with `continue_matching`.

Of an alert that never pages the targets that page and the escalation are left out; a policy that has no other target
does not take it, so that somebody else may be told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from detections.alerts.routing.matchers import Matchers, Subject, matched_by, mismatch
from detections.alerts.routing.time_windows import WeeklyWindow, contains, local_time
from detections.alerts.routing.timing import AT_ONCE, PolicyTiming


@dataclass(frozen=True)
class PolicyNode:
    """A policy of the tree. Without matchers all match."""

    id: int
    order: int
    name: str
    parent: int | None = None
    matchers: Matchers | None = None
    window: WeeklyWindow | None = None
    outside_window: bool = False
    continue_matching: bool = False
    summary: bool = False
    targets: tuple[int, ...] = ()
    pagers: frozenset[int] = frozenset()  # those of its targets that page
    escalation: int | None = None
    # Slack's channels that it names without a way to reach them: labels on targets that only the console shows.
    labels: tuple[str, ...] = ()
    timing: PolicyTiming = AT_ONCE
    tags: tuple[str, ...] = ()

    @property
    def catches_all(self) -> bool:
        return self.parent is None and not self.matchers and self.window is None


@dataclass(frozen=True)
class RoutingStep:
    """One policy that was tried."""

    policy: str
    matched: bool
    why: str


@dataclass(frozen=True)
class Match:
    """A policy that takes the alert, with its window and the local time of the decision; of one that never pages
    without what would page."""

    node: PolicyNode
    window: str
    local_time: str


@dataclass(frozen=True)
class RoutingDecision:
    """The policies that take an alert, and all that were tried, in order."""

    matches: tuple[Match, ...]
    steps: tuple[RoutingStep, ...]


def match_policies(nodes: Iterable[PolicyNode], subject: Subject, at: datetime) -> RoutingDecision:
    """The policies that take `subject` at the time `at` (aware), and every policy tried with the reason."""
    children: dict[int | None, list[PolicyNode]] = {}
    for node in sorted(nodes, key=lambda node: node.order):
        children.setdefault(node.parent, []).append(node)
    steps: list[RoutingStep] = []
    matches = _matches_among(children.get(None, []), children, subject, at, steps)
    return RoutingDecision(tuple(matches), tuple(steps))


def in_tree_order(nodes: Iterable[PolicyNode]) -> list[tuple[PolicyNode, int]]:
    """The policies in the order in which they are tried, each below its parent, with its depth; ancestors of themselves
    are left out."""
    children: dict[int | None, list[PolicyNode]] = {}
    for node in sorted(nodes, key=lambda node: node.order):
        children.setdefault(node.parent, []).append(node)

    def below(parent: int | None, depth: int) -> list[tuple[PolicyNode, int]]:
        return [each for node in children.get(parent, []) for each in ((node, depth), *below(node.id, depth + 1))]

    return below(None, 0)


def tree_problems(nodes: Sequence[PolicyNode]) -> list[str]:
    """Problems of the tree as a whole, a sentence each; empty when every alert gets a target."""
    problems = []
    roots = sorted((node for node in nodes if node.parent is None), key=lambda node: node.order)
    if not roots or not roots[-1].catches_all:
        problems.append(
            "The last policy at the top must match everything (no matchers, no window), so that no alert is lost."
        )
    elif not roots[-1].targets:
        problems.append(f"The last policy, {roots[-1].name!r}, catches everything and so needs a target.")
    by_id = {node.id: node for node in nodes}
    problems += [f"Policy {node.name!r} is its own ancestor." for node in nodes if _is_own_ancestor(node, by_id)]
    return problems


def _matches_among(
    nodes: list[PolicyNode],
    children: dict[int | None, list[PolicyNode]],
    subject: Subject,
    at: datetime,
    steps: list[RoutingStep],
) -> list[Match]:
    matches: list[Match] = []
    for node in nodes:
        reason, matched = _explain(node, subject, at)
        own, left_out = _without_pagers(node) if subject.never_pages else (node, "")
        here = len(steps)
        below = _matches_among(children.get(node.id, []), children, subject, at, steps) if matched else []
        itself = matched and not below
        takes = itself and (bool(own.targets) or not node.targets)
        steps.insert(here, RoutingStep(node.name, takes or bool(below), f"{reason}{left_out if itself else ''}"))
        matches += [_match(own, at)] if takes else below
        if (takes or below) and not node.continue_matching:
            break
    return matches


def _without_pagers(node: PolicyNode) -> tuple[PolicyNode, str]:
    """The policy as it is for alerts that never page, and what was left out in words."""
    targets = tuple(target for target in node.targets if target not in node.pagers)
    without = replace(node, targets=targets, escalation=None)
    if node.targets and not targets:
        return without, ", but it tells pagers only, and such an alert never pages"
    pagers = len(node.targets) - len(targets)
    left_out = ["1 pager" if pagers == 1 else f"{pagers} pagers"] if pagers else []
    left_out += ["its escalation"] if node.escalation is not None else []
    return without, f"; without {' and '.join(left_out)}, since such an alert never pages" if left_out else ""


def _explain(node: PolicyNode, subject: Subject, at: datetime) -> tuple[str, bool]:
    """(why, whether the policy matches)."""
    if why_not := mismatch(node.matchers, subject):
        return why_not, False
    reasons = matched_by(node.matchers, subject)
    if node.window is None:
        return " and ".join(reasons) or "matches everything", True
    inside = contains(node.window, at)
    reasons.append(f"{local_time(node.window.zone, at)} is {'inside' if inside else 'outside'} {node.window}")
    return " and ".join(reasons), inside != node.outside_window


def _match(node: PolicyNode, at: datetime) -> Match:
    if node.window is None:
        return Match(node, "", local_time("UTC", at))
    name = f"outside {node.window.name}" if node.outside_window else node.window.name
    return Match(node, name, local_time(node.window.zone, at))


def _is_own_ancestor(node: PolicyNode, by_id: Mapping[int, PolicyNode]) -> bool:
    seen, parent = {node.id}, node.parent
    while parent is not None and parent in by_id:
        if parent == node.id:
            return True
        if parent in seen:
            return False
        seen.add(parent)
        parent = by_id[parent].parent
    return False
