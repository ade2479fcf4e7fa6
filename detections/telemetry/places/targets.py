"""Places: how many series an environment has, and where events of routes without a place are counted.

A place is what a series takes of its environment's MAX_SERIES. It is held for KEPT after the last event was received
(by the console's clock: an event's own time can be made up), then given back; the row stays as long as it has counts,
and takes a place again with its next event where one is free. Events without a place are folded into one series, apart
for each set of rules' globs that select them, so that no rule loses what it counts (docs/decisions/0015).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from django.db.models import Count as CountOf

from detections.telemetry.models import Series
from detections.telemetry.places.rule_selection import Paths, names_itself, patterns, selecting
from detections.telemetry.places.times import KEPT
from detections.telemetry.records import SeriesKey
from detections.telemetry.routes import OTHER_ROUTE

# Per environment. Beyond it, routes are paths whose variable segments were not recognised, or made up.
MAX_SERIES = 5000
# URL paths per route. An application has few mount points; beyond it, one handler serves all paths.
MAX_URL_PATHS = 20
# Sets of globs per environment. Globs of paths mostly lie in each other; beyond it, events count for all rules: too
# much can be seen, too little cannot.
MAX_FOLDS = 200

Targets = dict[SeriesKey, SeriesKey]


def targets_of(lacking: Sequence[SeriesKey], now: datetime) -> Targets:
    """By key without a place, the key of its series: its own where a place is free or a rule names the route; else
    without URL path beyond MAX_URL_PATHS, and OTHER_ROUTE beyond MAX_SERIES."""
    with_path, held = _with_bounded_paths(lacking, now)
    targets = _bounded(with_path, held, now)
    reduced = [key for key, target in targets.items() if key != target]
    if not reduced:
        return targets
    globs = patterns({key.project_environment_id for key in reduced})
    folds = _Folds(globs)
    for key in reduced:
        applying = globs.get(key.project_environment_id, [])
        if names_itself(applying, _paths(key)):
            targets[key] = with_path[key] if key.route in applying else key
        selected = selecting(applying, _paths(key))
        matching = selecting(selected, _paths(targets[key]))
        targets[key] = folds.taken(targets[key], [glob for glob in selected if glob not in matching])
    return targets


class _Folds:
    """The sets of globs that events are folded for, at most MAX_FOLDS an environment."""

    def __init__(self, globs: Mapping[int, list[str]]) -> None:
        self.all_globs = globs
        self.known: dict[int, set[str]] = defaultdict(set)
        rows = Series.objects.filter(project_environment__in=globs).exclude(selected_by="")
        for environment, selected_by in rows.values_list("project_environment_id", "selected_by").distinct():
            self.known[environment].add(selected_by)

    def taken(self, target: SeriesKey, missed: Sequence[str]) -> SeriesKey:
        """The target, apart for the rules whose globs do not match it although they select the event."""
        if not missed:
            return target
        known, selected_by = self.known[target.project_environment_id], "\n".join(missed)
        if selected_by not in known and len(known) >= MAX_FOLDS:
            selected_by = "\n".join(self.all_globs[target.project_environment_id])
        known.add(selected_by)
        return target._replace(selected_by=selected_by)


def _paths(key: SeriesKey) -> Paths:
    return Paths(key.route, key.url_path)


def _with_bounded_paths(lacking: Sequence[SeriesKey], now: datetime) -> tuple[Targets, set[SeriesKey]]:
    """By key, itself, or without its URL path beyond MAX_URL_PATHS; and those without a path that hold a place."""
    routes = {key.route for key in lacking if key.url_path}
    used: Counter[SeriesKey] = Counter()
    bare_held: set[SeriesKey] = set()
    if routes:
        environments = {key.project_environment_id for key in lacking}
        held = Series.objects.filter(
            project_environment__in=environments, route__in=routes, placed_at__gte=now - KEPT
        ).values_list(*SeriesKey._fields)
        for key in (SeriesKey(*row) for row in held):
            if key.url_path:
                used[key._replace(url_path="", selected_by="")] += 1
            else:
                bare_held.add(key)
    targets: Targets = {}
    for key in lacking:
        bare = key._replace(url_path="")
        used[bare] += bool(key.url_path)
        targets[key] = key if used[bare] <= MAX_URL_PATHS else bare
    return targets, bare_held


def _bounded(wanted: Mapping[SeriesKey, SeriesKey], held: Collection[SeriesKey], now: datetime) -> Targets:
    """By key, the wanted one; beyond MAX_SERIES that without URL path where this is `held`, else OTHER_ROUTE."""
    used = places_taken({key.project_environment_id for key in wanted}, now)
    placed, targets = set(held), Targets()
    for key, target in wanted.items():
        if target not in placed and used[key.project_environment_id] < MAX_SERIES:
            used[key.project_environment_id] += 1
            placed.add(target)
        bare = target._replace(url_path="")
        fitting = next((each for each in (target, bare) if each in placed), None)
        targets[key] = fitting or key._replace(method="", route=OTHER_ROUTE, url_path="")
    return targets


def places_taken(environment_ids: Collection[int], now: datetime) -> Counter[int]:
    """By project environment, the number of its series that hold a place. One query, of an index alone."""
    held = Series.objects.filter(project_environment__in=environment_ids, placed_at__gte=now - KEPT)
    counted = held.values("project_environment_id").annotate(n=CountOf("pk")).order_by()
    return Counter({row["project_environment_id"]: row["n"] for row in counted})
