"""A rule on an address counts a mounted application, whose route is only its own part of the path."""

from __future__ import annotations

import pytest

from detections.rules.active_rules import rules_in_force
from detections.rules.counting.counts import Stream, key_of
from detections.rules.counting.idle_rules import rules_with_series
from detections.telemetry.models import Series
from tests.detections.builders import NOON, project
from tests.detections.rules import world

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("route", "url_path", "counted"),
    [
        ("/preview/{token}/screen/1", "/api/beta/preview/{token}/screen/1", True),
        ("/preview/{token}/screen/1", "", False),
        ("/api/beta/preview", "", True),
        ("/api/beta/previews", "", False),
    ],
)
def test_a_selector_fits_route_or_address(route: str, url_path: str, counted: bool) -> None:
    selector = {"sources": [{"source": "sentry"}], "route": "/api/beta/preview/*"}
    made = world.rule(selector=selector)
    place = world.environment(project())
    series = {"project": place.project, "project_environment": place, "source": "sentry", "kind": "error"}
    Series.objects.create(route=route, url_path=url_path, first_seen=NOON, last_seen=NOON, **series)
    (rule,) = (each for each in rules_in_force() if each.rule == made)

    stream = Stream(1, place.pk, "sentry", "error", route, url_path)
    assert (key_of(rule, stream) is not None) is counted
    assert (rule.rule.pk in rules_with_series([rule])) is counted
