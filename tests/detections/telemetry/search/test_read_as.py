"""Searches by route of events that were counted by number before their route's numbers were ids."""

from __future__ import annotations

import pytest

from detections.telemetry.models import Event, Issue, Series
from detections.telemetry.search.of_issues import search_issues
from detections.telemetry.search.of_rows import search_events
from opsconsole.lib import clock
from tests.detections.dashboard import builders as make

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("route:/checkout/{id}", "A"),
        ("route:/checkout/*", "A"),
        ('route:"POST /checkout/{id}"', "A"),
        ('route:"GET /checkout/{id}"', ""),
        ("route:/checkout/7", "A"),
        ("!route:/checkout/*", "B"),
        ("!route:/search", "A"),
        ("!route:[/s*, /checkout/*]", ""),
    ],
)
def test_an_event_is_found_by_the_route_that_it_is_read_as(text: str, found: str) -> None:
    for title, path in (("A", "/checkout/7"), ("B", "/search")):
        make.event(make.issue(title=title), make.series(path))
    Series.objects.filter(route="/checkout/7").update(canonical=make.series("/checkout/{id}"))
    events, issues = search_events(text, clock.now()), search_issues(text, clock.now())
    assert (events.problems, issues.problems) == ((), ())
    titles = Issue.objects.filter(issues.condition).values_list("title", flat=True)
    of_events = Event.objects.filter(events.condition).values_list("issue__title", flat=True)
    assert "".join(sorted(titles)) == "".join(sorted(of_events)) == found
