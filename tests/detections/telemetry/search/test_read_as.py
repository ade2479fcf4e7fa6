"""Searches by route of events that were counted by number before their route's numbers were ids."""

from __future__ import annotations

import pytest

from detections.telemetry.models import Event, Issue, Series
from detections.telemetry.places.numbered_place import NumberedPlace
from detections.telemetry.search.of_issues import search_issues
from detections.telemetry.search.of_rows import search_events, search_routes
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


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("route:/invoices/7", "AB"),
        ('route:"POST /invoices/99"', "B"),
        ("!route:/invoices/99", "A"),
        ("route:/orders/7", ""),
        ("route:/invoices/new", ""),
    ],
)
def test_a_path_finds_the_route_that_its_numbers_are_counted_as(text: str, found: str) -> None:
    at = {"A": make.series("/invoices/7"), "B": make.series("/invoices/{id}")}
    for title, series in at.items():
        make.event(make.issue(title=title), series)
    NumberedPlace.objects.create(
        project=at["A"].project,
        pattern="/invoices/{id}",
        numbers=list(range(20)),
        seen_at=clock.now(),
        learned_at=clock.now(),
    )
    NumberedPlace.objects.create(project=at["A"].project, pattern="/orders/{id}", numbers=[7], seen_at=clock.now())
    events, issues, routes = (each(text, clock.now()) for each in (search_events, search_issues, search_routes))
    titles = Issue.objects.filter(issues.condition).values_list("title", flat=True)
    of_events = Event.objects.filter(events.condition).values_list("issue__title", flat=True)
    assert "".join(sorted(titles)) == "".join(sorted(of_events)) == found
    found_routes = Series.objects.filter(routes.condition).values_list("pk", flat=True)
    assert set(found_routes) == {at[name].pk for name in found}
