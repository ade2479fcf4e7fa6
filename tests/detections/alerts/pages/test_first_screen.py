"""The first screen of an alert: what, how many, since when, which release, why, who; and what changed before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from detections.alerts.handling.acknowledge import acknowledge
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.handling.resolve import resolve
from detections.alerts.models import Alert
from detections.alerts.pages.first_screen import headline_of
from detections.alerts.pages.samples import grouped
from detections.telemetry.models import Event
from opsconsole.accounts.models import Owner
from tests.detections import builders
from tests.detections.alerts.factories import MINUTE, START, judge, make_rule, make_scope, make_user
from tests.detections.rules import world
from tests.detections.rules.world import ROUTE
from tests.people import make_viewer

pytestmark = pytest.mark.usefixtures("notification_policies")
NOW = START + MINUTE
SELECTOR = {"sources": [{"source": "sentry"}]}


@pytest.fixture
def viewer(client: Client) -> Client:
    client.force_login(make_viewer())
    return client


def folded(client: Client, alert: Alert) -> str:
    return " ".join(client.get(f"/alerts/{alert.pk}/").content.decode().split())


def fire(**words: object) -> Alert:
    """An alert on ROUTE, with the four events of three people that it is about."""
    project = builders.project()
    for second, person in enumerate((1, 2, 2, 3)):
        at = START - timedelta(seconds=10 - second)
        payload = world.event(at, release="raptor@2", user={"id": person}, **world.plain())
        world.arrive(project, [payload], at)
    events = [event.event_id.hex for event in Event.objects.order_by("-occurred_at")]
    scope = make_scope(make_rule(selector=SELECTOR, group_by="route"), ROUTE)
    judge(scope, "h", 0, count=4, data={"events": events, **words})
    consume(NOW)
    return Alert.objects.get()


def test_it_answers_before_anything_else(viewer: Client) -> None:
    html = folded(viewer, fire())
    said = [
        "<h1>4 errors in 5 min, fires from 1 while it is learnt</h1>",
        "Errors on the preview",  # the rule's title, after what it is about
        "3 people",
        "in 4 stored events",
        "Since",
        '<span class="mono">raptor@2</span>',
        "raptor@2 was first seen 10 s before it opened",
        "No known failure matches",
        "Nobody yet",
        "What changed in the hour before",
        "Release raptor@2 first seen",
        'id="alert-chart"',
        'aria-label="Sample events"',
        "What to do next",
        "Why did this page me?",
    ]
    places = [html.index(text) for text in said]
    assert places == sorted(places)


def test_equal_samples_are_one_with_a_count(viewer: Client) -> None:
    html = folded(viewer, fire())
    samples = html.partition('aria-label="Sample events"')[2].partition("</ul>")[0]
    assert samples.count("quantity must be positive") == 1
    assert "4<span" in samples


def test_samples_are_grouped_by_what_they_say_and_where() -> None:
    project = builders.project()
    for path, value in (("/a", "one"), ("/a", "one"), ("/b", "one"), ("/a", "two"), ("/a", "one")):
        world.arrive(project, [world.event(START, path=path, **world.plain(value))], START)
    groups = grouped(list(Event.objects.order_by("id")))
    assert [(group.event.transaction, group.event.message, group.count) for group in groups] == [
        ("/a", "one", 3),
        ("/b", "one", 1),
        ("/a", "two", 1),
    ]


def test_who_has_it_and_how_it_ended(viewer: Client) -> None:
    alert = fire()
    ada = make_user("ada")
    acknowledge(alert.pk, ada, NOW)
    Alert.objects.update(assignee=Owner.objects.create(name="bob"))
    html = folded(viewer, alert)
    assert "Acknowledged by ada" in html
    assert "Assigned to bob" in html
    resolve(alert.pk, ada, NOW + 8 * MINUTE)
    html = folded(viewer, alert)
    assert "lasted 9 min" in html
    assert "resolved by hand" in html


def test_what_holds_now_comes_first_once_it_fires_no_more(viewer: Client) -> None:
    alert = fire()
    html = folded(viewer, alert)
    assert html.index("At opening") < html.index("<dt>Now")
    judge(alert.scope, ".", 1)
    consume(NOW + MINUTE)
    html = folded(viewer, alert)
    assert html.index("<dt>Now") < html.index("<dt>People")
    assert html.rindex("<dt>Now") < html.index("At opening")


def test_the_first_of_equal_evidence_stays_and_all_numbers_agree(viewer: Client) -> None:
    """38 in the busiest window, then 38 again of which the aligned minutes hold 25 only."""
    alert = fire(busiest=38)
    judge(alert.scope, "h", 1, count=38, data={"count": 38, "busiest": 38})
    judge(alert.scope, "h", 2, count=38, data={"count": 25, "busiest": 38})
    consume(NOW + 2 * MINUTE)
    alert.refresh_from_db()
    assert alert.count == 38
    assert alert.evidence is not None
    assert alert.evidence.slot_end == START + MINUTE
    html = folded(viewer, alert)
    assert "<h1>38 errors in 5 min" in html
    assert ">25<" not in html


def test_a_shared_alert_says_how_many_fire() -> None:
    alert = fire()
    alert.group_key, alert.members_firing = "(more)", 38
    assert headline_of(alert, None) == "38 more groups fire at once"
    alert.members_firing = 1
    assert headline_of(alert, None) == "1 more group fires at once"
    alert.members_firing = 0
    assert headline_of(alert, None) == "More groups fired at once than have alerts of their own"
    alert.group_key = ROUTE
    assert headline_of(alert, None) == "Errors on the preview"
