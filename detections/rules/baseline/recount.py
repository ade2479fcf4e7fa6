"""Counts scopes anew when series are read as another one from now on (`telemetry.places.link`), whole from the first
hour: merging neither splits nor loses a baseline."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from detections.rules.active_rules import environments, rules_in_force
from detections.rules.counting.counts import ScopeKey, Stream, index_of, keys_of, streams_of
from detections.rules.models import Baseline, BaselineCell, Scope
from detections.telemetry.models import Series
from detections.telemetry.places.link import link_series
from opsconsole.lib.clock import floor_hour

# Of a series as it was counted, in the order of Stream.
_FIELDS = ("id", "project_environment_id", "source", "kind", "route", "url_path", "selected_by")


@transaction.atomic
def link_and_recount(now: datetime) -> int:
    """Links series whose places were learned, and forgets the cells of the scopes that count them; the next estimate
    counts them as they are read now. Returns how many scopes. The estimate of the hour before holds until then."""
    recounted = link_series(now)
    if not recounted:
        return 0
    series = Series.objects.filter(pk__in=[each.series_id for each in recounted])
    before = [Stream(*row) for row in series.values_list(*_FIELDS)]
    keys = keys_counting([*before, *streams_of(series).values()])
    scopes = _scopes(keys)
    # The scopes come first: that waits for estimates under way, whose cells are then deleted too. In the order in which
    # judges lock them.
    list(Scope.objects.filter(pk__in=scopes).select_for_update(no_key=True).order_by("pk").values_list("pk"))
    Scope.objects.filter(pk__in=scopes).update(cells_until=None)
    BaselineCell.objects.filter(scope__in=scopes).delete()
    Baseline.objects.filter(scope__in=scopes, hour__gte=floor_hour(now)).delete()  # so that it is made at once
    return len(scopes)


def keys_counting(streams: Iterable[Stream]) -> set[ScopeKey]:
    """The scopes of rules in force that count the streams, whether they exist or not."""
    rules, places = rules_in_force(), environments()
    by_place = {pk: index_of(rule for rule in rules if rule.applies_to(place)) for pk, place in places.items()}
    return {
        key
        for stream in streams
        if stream.project_environment_id in by_place
        for key in keys_of(by_place[stream.project_environment_id], stream)
    }


def _scopes(keys: set[ScopeKey]) -> list[int]:
    rows = Scope.objects.filter(
        rule__in={key.rule_id for key in keys},
        project_environment__in={key.project_environment_id for key in keys},
        group_key__in={key.group_key for key in keys},
    ).values_list("pk", "rule_id", "project_environment_id", "group_key")
    return sorted(pk for pk, rule, place, group in rows if ScopeKey(rule, place, group) in keys)
