"""Who would be told of a rule's alerts: what the notification policies and silences would do now, by severity.

Places in which the same would be done stand together: a rule over every environment often has two answers, not fifty.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from detections.alerts.pages.routing_page import PolicyTree, TriedMatch, tried_matches
from detections.alerts.pages.tried_escalation import TriedEscalation, tried_escalation
from detections.alerts.routing.match_policies import RoutingStep, match_policies
from detections.alerts.routing.matchers import Subject, labels_of, mismatch
from detections.alerts.silences.in_force import GROUP, Hiding, hiding
from detections.rules.spec.schema import RuleSpec
from detections.telemetry.models import ProjectEnvironment

MOST_PLACES = 50


class RuleHead(NamedTuple):
    """What routing asks of a rule beside its content. An empty mode is a rule that was never saved."""

    identifier: str
    mode: str = ""


@dataclass(frozen=True)
class Told:
    """What would be done about alerts of one severity in these places (`project/environment`; none: wherever it fires).

    `nobody` says why nobody would hear of it now; empty where somebody would. `hidden` are silences that hide all of
    it, `may_hide` those that hide some groups.
    """

    severity: str
    places: list[str]
    matches: list[TriedMatch]
    steps: tuple[RoutingStep, ...]
    escalation: TriedEscalation | None
    hidden: list[Hiding]
    may_hide: list[Hiding]
    nobody: str


@dataclass(frozen=True)
class WhoIsTold:
    """The answers by severity, the severest first. `left_out` is how many places more there are than were asked about;
    `nobody` whether of any severity nobody would be told."""

    at: datetime
    mode: str
    first_response: str
    labels: dict[str, str]
    told: list[tuple[str, list[Told]]]
    left_out: int
    never_pages: bool  # pagers and escalations are left out
    by_group: list[str]  # policies that look at the route or other group, which is not known yet

    @property
    def nobody(self) -> bool:
        return any(each.nobody for _, answers in self.told for each in answers)


def who_is_told(spec: RuleSpec, rule: RuleHead, now: datetime) -> WhoIsTold:
    """What would be done about each severity that the rule's alerts may have. Seven queries, and at most eight for each
    escalation policy that would run."""
    places, left_out = _places(spec)
    tree, hidings = PolicyTree.read(), hiding(now)
    subjects = [_subject(spec, rule, severity, place) for severity in spec.severities for place in places]
    answers = [_told(tree, hidings, subject, now) for subject in subjects]
    by_group = [n.name for n in tree.nodes if GROUP in (n.matchers or {})] if not _group(spec) else []
    by_severity = groupby(_together(answers), key=lambda each: each.severity)
    told = _with_escalations([(severity, list(found)) for severity, found in by_severity], now)
    return WhoIsTold(now, rule.mode, spec.first_response, labels_of(spec), told, left_out, spec.never_pages, by_group)


def _places(spec: RuleSpec) -> tuple[list[tuple[str, str]], int]:
    """(project, environment) in which it applies, those with the newest events first, and how many more there are."""
    selector = spec.selector
    rows = ProjectEnvironment.objects.filter(project__enabled=True)
    rows = rows.filter(project__slug=selector.project) if selector.project else rows
    rows = rows.filter(name=selector.environment) if selector.environment else rows
    found = list(rows.order_by("-last_event_at", "pk").values_list("project__slug", "name"))
    return found[:MOST_PLACES] or [(selector.project, selector.environment)], max(0, len(found) - MOST_PLACES)


def _subject(spec: RuleSpec, rule: RuleHead, severity: str, place: tuple[str, str]) -> Subject:
    return Subject(
        rule.identifier,
        spec.category,
        severity,
        *place,
        group=_group(spec),
        labels=labels_of(spec),
        never_pages=spec.never_pages,
    )


def _group(spec: RuleSpec) -> str:
    """The group that all its alerts have; empty where it is known only when it fires."""
    route = spec.selector.route
    return route if spec.group_by == "prefix" or (spec.group_by == "route" and "*" not in route) else ""


def _told(tree: PolicyTree, hidings: Sequence[Hiding], subject: Subject, now: datetime) -> Told:
    decision = match_policies(tree.nodes, subject, now)
    matches = tried_matches(tree, decision, subject, now)
    tagged = replace(subject, tags=[tag for each in matches for tag in each.match.node.tags])
    hidden, may_hide = _hiding(hidings, tagged)
    place = f"{subject.project or 'any project'}/{subject.environment or 'any environment'}"
    nobody = _nobody(matches, hidden)
    return Told(subject.severity, [place], matches, decision.steps, None, hidden, may_hide, nobody)


def _hiding(hidings: Iterable[Hiding], subject: Subject) -> tuple[list[Hiding], list[Hiding]]:
    """The silences that hide such an alert, and those that do in some of its groups."""
    hidden, may_hide = [], []
    for each in hidings:
        matchers = each.silence.matchers
        if GROUP in matchers and not subject.group:
            if not mismatch({key: words for key, words in matchers.items() if key != GROUP}, subject):
                may_hide.append(each)
        elif not mismatch(matchers, subject):
            hidden.append(each)
    return hidden, may_hide


def _nobody(matches: Sequence[TriedMatch], hidden: Collection[Hiding]) -> str:
    """Why nobody would be told now; empty where somebody would be."""
    if not matches:
        return "No notification policy matches."
    names = ", ".join(f"“{each.match.node.name}”" for each in matches)
    shows = "shows" if len(matches) == 1 else "show"
    targets = [target for each in matches for target in each.targets]
    if not targets:
        return f"No target: {names} {'has' if len(matches) == 1 else 'have'} none."
    if not any(target.enabled for target in targets):
        return f"Every target of {names} is disabled."
    if all(target.channel == "console" for target in targets if target.enabled):
        return f"{names} only {shows} in this console what would have been sent: no target has a way to send."
    return "A silence hides it." if hidden else ""


def _together(answers: Iterable[Told]) -> list[Told]:
    """One answer for all places of a severity in which the same would be done, in the order of the first."""
    found: dict[tuple[object, ...], Told] = {}
    for each in answers:
        first = found.setdefault(_key(each), each)
        if first is not each:
            first.places.extend(each.places)
    return list(found.values())


def _key(told: Told) -> tuple[object, ...]:
    done = [(each.match.node.id, each.muted, tuple(each.timing)) for each in told.matches]
    silences = ([each.silence.pk for each in found] for found in (told.hidden, told.may_hide))
    return (told.severity, tuple(done), *map(tuple, silences))


def _with_escalations(told: Sequence[tuple[str, list[Told]]], now: datetime) -> list[tuple[str, list[Told]]]:
    """The answers with who is told later; what the same policies escalate to is read once."""
    known: dict[tuple[int, ...], TriedEscalation | None] = {}

    def escalation(each: Told) -> TriedEscalation | None:
        matches = [tried.match for tried in each.matches]
        key = tuple(match.node.id for match in matches)
        if key not in known:
            known[key] = tried_escalation(matches, now)
        return known[key]

    def whole(each: Told) -> Told:
        later = escalation(each)
        nobody = "" if each.nobody and not each.hidden and _reaches_somebody(later) else each.nobody
        return replace(each, escalation=later, nobody=nobody)

    return [(severity, [whole(each) for each in found]) for severity, found in told]


def _reaches_somebody(escalation: TriedEscalation | None) -> bool:
    """Whether a step would send to a target that is more than this console."""
    receivers = [receiver for step in (escalation.steps if escalation else ()) for receiver in step.tells]
    return any(target.enabled and target.channel != "console" for each in receivers for target in each.targets)
