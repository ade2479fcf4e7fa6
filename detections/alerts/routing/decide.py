"""Which targets an alert goes to, and why (pure: no ORM, no clock).

Policies are an ordered tree of matchers x time windows. A policy that matches hands over to its children; where none of
them matches it takes the alert itself. The first match ends the search among its siblings unless it says `continue`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

from detections.alerts.routing.time_windows import Window, covers, local_time
from opsconsole.lib.db.storable import NO_TEXT, storable

MATCHER_KEYS = ("rule", "category", "severity", "project", "environment")


@dataclass(frozen=True)
class Subject:
    """What is routed; severity as a word (`critical`)."""

    rule: str
    category: str
    severity: str
    project: str
    environment: str

    def value(self, key: str) -> str:
        return str(getattr(self, key))


@dataclass(frozen=True)
class Node:
    """One policy. `matchers` maps a key to the values it may have, exact or with `*`; none: it matches all."""

    id: int
    order: int
    name: str
    parent: int | None = None
    matchers: Mapping[str, Sequence[str]] | None = None
    window: Window | None = None
    outside_window: bool = False
    continue_matching: bool = False
    summary: bool = False
    targets: tuple[int, ...] = ()

    @property
    def catches_all(self) -> bool:
        return self.parent is None and not self.matchers and self.window is None


@dataclass(frozen=True)
class RoutingStep:
    """One policy that was looked at."""

    policy: str
    matched: bool
    why: str


@dataclass(frozen=True)
class Match:
    """A policy that takes the alert, with the window and the local time by which it was chosen."""

    node: Node
    window: str
    local_time: str


@dataclass(frozen=True)
class RoutingDecision:
    matches: tuple[Match, ...]
    steps: tuple[RoutingStep, ...]


def decide(nodes: Iterable[Node], subject: Subject, at: datetime) -> RoutingDecision:
    """The policies that take `subject` at `at` (aware), in order, and every policy looked at with its reason."""
    children: dict[int | None, list[Node]] = {}
    for node in sorted(nodes, key=lambda node: node.order):
        children.setdefault(node.parent, []).append(node)
    steps: list[RoutingStep] = []
    matches = _among(children.get(None, []), children, subject, at, steps)
    return RoutingDecision(tuple(matches), tuple(steps))


def tree_problems(nodes: Sequence[Node]) -> list[str]:
    """What is wrong with the tree as a whole, in sentences; empty when every alert finds a target."""
    wrong = []
    roots = sorted((node for node in nodes if node.parent is None), key=lambda node: node.order)
    if not roots or not roots[-1].catches_all:
        wrong.append(
            "The last policy at the top must match everything (no matchers, no window), so that no alert is lost."
        )
    elif not roots[-1].targets:
        wrong.append(f"The last policy, {roots[-1].name!r}, catches everything and so needs a target.")
    by_id = {node.id: node for node in nodes}
    wrong += [f"Policy {node.name!r} is its own ancestor." for node in nodes if _circles(node, by_id)]
    return wrong


def matcher_problems(matchers: object) -> list[str]:
    """What is wrong with one policy's matchers, in sentences."""
    if not isinstance(matchers, dict):
        return ['Write an object, e.g. {"severity": ["critical"]}.']
    wrong = [f"{key!r} is no key; allowed: {', '.join(MATCHER_KEYS)}." for key in matchers if key not in MATCHER_KEYS]
    for key, values in matchers.items():
        if not isinstance(values, list) or not values or not all(isinstance(value, str) for value in values):
            wrong.append(f'{key!r} needs a list of words, e.g. ["critical", "high"].')
        elif not all(map(storable, values)):
            wrong.append(f"{key!r}: a word {NO_TEXT}.")
    return wrong


def _among(
    nodes: list[Node], children: dict[int | None, list[Node]], subject: Subject, at: datetime, steps: list[RoutingStep]
) -> list[Match]:
    matches: list[Match] = []
    for node in nodes:
        reason, matched = _reason(node, subject, at)
        steps.append(RoutingStep(node.name, matched, reason))
        if not matched:
            continue
        below = _among(children.get(node.id, []), children, subject, at, steps)
        matches += below or [_match(node, at)]
        if not node.continue_matching:
            break
    return matches


def _reason(node: Node, subject: Subject, at: datetime) -> tuple[str, bool]:
    for key, allowed in (node.matchers or {}).items():
        value = subject.value(key)
        if not any(fnmatchcase(value, pattern) for pattern in allowed):
            return f"{key} is {value or 'empty'}, not {' or '.join(allowed)}", False
    said = [f"{key} is {subject.value(key)}" for key in (node.matchers or {})]
    if node.window is None:
        return " and ".join(said) or "matches everything", True
    inside = covers(node.window, at)
    said.append(f"{local_time(node.window.zone, at)} is {'inside' if inside else 'outside'} {node.window}")
    return " and ".join(said), inside != node.outside_window


def _match(node: Node, at: datetime) -> Match:
    if node.window is None:
        return Match(node, "", local_time("UTC", at))
    name = f"outside {node.window.name}" if node.outside_window else node.window.name
    return Match(node, name, local_time(node.window.zone, at))


def _circles(node: Node, by_id: Mapping[int, Node]) -> bool:
    seen, parent = {node.id}, node.parent
    while parent is not None and parent in by_id:
        if parent == node.id:
            return True
        if parent in seen:
            return False
        seen.add(parent)
        parent = by_id[parent].parent
    return False
