"""What of a selector matches nothing, with the nearest that exist: for the form, the page of a rule and the list.

A project or environment that does not exist is never matched. A route, level, exception type or tag may still come: a
rule is often written before the first error of its route.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import msgspec
from django.urls import reverse

from detections.rules.active_rules import LoadedRule
from detections.rules.counting.counts import Stream, index_of, keys_of, kind_of
from detections.rules.counting.idle_rules import series_of
from detections.rules.matching.nearest import nearest, nearest_routes
from detections.rules.matching.places import Places, Unmatched
from detections.rules.matching.routes import KnownRoute, known_routes
from detections.rules.spec.schema import RuleSpec
from detections.rules.spec.selector import Selector, Source
from detections.telemetry.environment_links import SentInstead, UnlinkedName, sent_instead
from detections.telemetry.models import Issue
from detections.telemetry.routes import glob
from detections.telemetry.search.known import TAG_SAMPLE, KnownNames
from detections.telemetry.search.sampled import sampled_values

LIKELY = 500  # routes seen last, among which nearly every rule finds one
ISSUES_READ = 5_000  # those seen last, of whose exception types the nearest are offered
EVERYTHING = Selector((Source("sentry"),), levels=("fatal", "error", "warning", "info", "debug"))


def unmatched(spec: RuleSpec, now: datetime) -> list[Unmatched]:
    """What of a rule's selector matches nothing. A fixed number of queries."""
    selector = spec.selector
    found = unmatched_in(selector, now)
    if not spec.counts or any(each.never for each in found) or series_of(selector).exists():
        return found
    place = msgspec.structs.replace(EVERYTHING, project=selector.project, environment=selector.environment)
    return [*_routes_and_levels(selector, known_routes(place)), *found]


def unmatched_in(selector: Selector, now: datetime, places: Places | None = None) -> list[Unmatched]:
    """What of its places, exception type and tags matches nothing. A fixed number of queries."""
    missing = list((places or Places()).unmatched(selector.project, selector.environment))
    unlinked = [] if missing else _unlinked(selector, now)
    return [*missing, *unlinked, *_exception_type(selector), *_tags(selector, now)]


def _unlinked(selector: Selector, now: datetime) -> list[Unmatched]:
    """That its environment has sent nothing, and what the project's events say instead. Three queries at most."""
    return _in_words(selector, sent_instead(now, selector.environment, selector.project))


def _in_words(selector: Selector, names: Sequence[UnlinkedName]) -> list[Unmatched]:
    return [
        Unmatched(
            "environment",
            f"No event of {each.place.project.slug} ever came as {selector.environment}. {each.says}",
            (each.place.name,),
            link=reverse("environment_link", args=[each.place.pk]),
        )
        for each in names[:3]
    ]


def unmatched_rules(rules: Sequence[LoadedRule], now: datetime) -> dict[int, list[Unmatched]]:
    """By rule id, what of its project, environment, route and levels matches nothing, of the rules in which anything
    does. At most eight queries, however many rules."""
    places, instead = Places(), SentInstead.read(now)
    found = {rule.rule.pk: list(places.unmatched(*_place(rule))) for rule in rules}
    for rule in rules:
        if rule.spec.counts and not found[rule.rule.pk]:
            project, environment = _place(rule)
            found[rule.rule.pk] += _in_words(rule.spec.selector, instead.of(environment, project))
    waiting = [rule for rule in rules if rule.spec.counts and not found[rule.rule.pk]]
    known = known_routes(EVERYTHING, LIKELY) if waiting else []
    idle = _idle(waiting, known)
    if idle and len(known) == LIKELY:  # there are more
        known = known_routes(EVERYTHING)
        idle = _idle(idle, known)
    for rule in idle:
        here = [route for route in known if _is_in(route, *_place(rule))]
        found[rule.rule.pk] += _routes_and_levels(rule.spec.selector, here)
    return {pk: each for pk, each in found.items() if each}


def _place(rule: LoadedRule) -> tuple[str, str]:
    return rule.spec.selector.project, rule.spec.selector.environment


def _is_in(route: KnownRoute, project: str, environment: str) -> bool:
    return project in ("", route.project) and environment in ("", route.environment)


def _idle(rules: Sequence[LoadedRule], known: Iterable[KnownRoute]) -> list[LoadedRule]:
    """Those that count none of the routes."""
    waiting, index = {rule.rule.pk: rule for rule in rules}, index_of(rules)
    for route in known:
        if not waiting:
            break
        stream = Stream(route.series_id, 0, route.source, route.kind, route.route, route.url_path, route.selected_by)
        for key in keys_of(index, stream):
            if key.rule_id in waiting and _is_in(route, *_place(waiting[key.rule_id])):
                del waiting[key.rule_id]
    return [rule for rule in rules if rule.rule.pk in waiting]


def _routes_and_levels(selector: Selector, here: Sequence[KnownRoute]) -> Iterator[Unmatched]:
    """Of the routes in its project and environment: none where any is selected, or where there are none at all, since
    the first error is all that is lacking then."""
    fits, kind = glob(selector.route), kind_of(msgspec.structs.replace(EVERYTHING, levels=selector.levels))
    on_route = [
        each
        for each in here
        if fits(each.route) or (each.url_path and fits(each.url_path)) or selector.route in each.selected_by.split("\n")
    ]
    if here and not on_route:
        close = nearest_routes(selector.route, {path for each in here for path in (each.route, each.url_path) if path})
        yield Unmatched("route", f"No error of a route that {selector.route} selects was counted so far.", tuple(close))
    if kind and on_route and all(each.kind != kind for each in on_route):
        levels = ("error", "fatal") if on_route[0].kind == "error" else ("warning", "info", "debug")
        says = f"No event of level {' or '.join(selector.levels)} was counted there so far."
        yield Unmatched("levels", says, levels)


def _exception_type(selector: Selector) -> Iterator[Unmatched]:
    """Two queries where the selector has one."""
    wanted = selector.exception_type
    issues = Issue.objects.filter(project__slug=selector.project) if selector.project else Issue.objects.all()
    if not wanted or issues.filter(exception_type=wanted).exists():
        return
    newest = issues.exclude(exception_type="").order_by("-last_seen").values_list("exception_type", flat=True)
    types = set(newest[:ISSUES_READ])
    short = wanted.rpartition(".")[2].lower()
    same = sorted(each for each in types if each.rpartition(".")[2].lower() == short)
    close = dict.fromkeys([*same, *nearest(wanted, types)])
    yield Unmatched("exception_type", f"No issue has the exception type {wanted} so far.", tuple(close)[:3])


def _tags(selector: Selector, now: datetime) -> Iterator[Unmatched]:
    """At most two queries a tag."""
    known = KnownNames(now)
    sample = f"of the newest {TAG_SAMPLE} events of each environment"
    for name, value in selector.tags.items():
        if name not in known.tags:
            yield Unmatched("tags", f"None {sample} has a tag {name}.", tuple(nearest(name, known.tags)))
        elif value not in (values := sampled_values(name, now, tag=True)):
            close = tuple(f"{name}: {each}" for each in nearest(value, values) or values[:3])
            yield Unmatched("tags", f"None {sample} has the tag {name} with the value {value}.", close)
