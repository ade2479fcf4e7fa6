"""Small numbers in paths: ids where many were seen, from then on also what was counted before."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from detections.ingest.digest import digest_until_empty
from detections.ingest.models import Quarantined
from detections.rules.counting.counts import streams_of
from detections.telemetry import queries
from detections.telemetry.models import Event, Project, Series
from detections.telemetry.places import learn
from detections.telemetry.places.link import link_series, trim
from detections.telemetry.places.numbered_place import NumberedPlace
from detections.telemetry.places.rule_selection import RuleSelection
from detections.telemetry.places.targets import places_taken
from detections.telemetry.tasks import drop_old
from opsconsole.lib import clock
from tests.detections import builders
from tests.waiting import until

pytestmark = pytest.mark.django_db
NOON, MINUTE = builders.NOON, timedelta(minutes=1)


def fail_at(of: Project, *paths: str, at: datetime = NOON, **fields: Any) -> None:
    """One event for each path, digested together."""
    urls = [{"transaction": "", "request": {"url": f"https://shop.example{path}"}, **fields} for path in paths]
    builders.arrive(of, *(builders.event(timestamp=at.isoformat(), **each) for each in urls), at=at)
    digest_until_empty(lambda: at, timedelta(minutes=1))
    assert not Quarantined.objects.exists(), Quarantined.objects.first().error


def invoices(*numbers: int) -> list[str]:
    return [f"/invoices/{number}" for number in numbers]


def routes(of: Project) -> dict[str, int]:
    """By route, its errors as they are read."""
    totals = queries.totals([of.pk], NOON - timedelta(hours=1), NOON + timedelta(hours=1))
    return {Series.objects.get(pk=pk).route: n for pk, n in totals.items()}


def test_five_numbers_stay_routes_and_twenty_are_ids() -> None:
    shop = builders.project("shop")
    fail_at(shop, *[f"/screen/{number}" for number in range(1, 6)], *invoices(*range(1, 21)))
    assert routes(shop) == {**{f"/screen/{number}": 1 for number in range(1, 6)}, "/invoices/{id}": 20}


def test_what_was_counted_before_is_read_as_the_canonical_route() -> None:
    shop = builders.project("shop")
    fail_at(shop, *invoices(*range(1, 20)), "/invoices/7")
    assert len(routes(shop)) == 19
    fail_at(shop, *invoices(20, 7, 3), at=NOON + MINUTE)
    link_series(NOON + MINUTE)
    assert routes(shop) == {"/invoices/{id}": 23}
    one = Series.objects.get(route="/invoices/{id}")
    assert one.first_seen == NOON
    assert one.last_seen == NOON + MINUTE
    assert queries.buckets([one.pk], NOON, NOON + 2 * MINUTE, MINUTE) == {one.pk: [20, 3]}
    assert queries.buckets([one.pk], NOON, NOON + 2 * MINUTE, timedelta(hours=1)) == {one.pk: [23]}
    assert queries.route_events([one.pk], one.project_environment_id, NOON).events == 23
    streams = streams_of(Series.objects.all())
    assert {stream.route for stream in streams.values()} == {"/invoices/{id}"}
    assert set(queries.error_series()) == {one}
    assert Event.objects.filter(series=one).count() == 3


def test_linking_again_changes_nothing() -> None:
    shop = builders.project("shop")
    for number in range(1, 21):
        fail_at(shop, *invoices(number))
    assert len(link_series(NOON)) == 20  # nineteen, and the one that they are read as
    before = list(Series.objects.order_by("pk").values())
    assert link_series(NOON) == []
    assert link_series(NOON + 2 * MINUTE) == []
    assert list(Series.objects.order_by("pk").values()) == before


def test_numbers_of_all_environments_count_together_and_those_of_other_projects_do_not() -> None:
    shop, other = builders.project("shop"), builders.project("other")
    fail_at(shop, *invoices(*range(1, 11)), environment="staging")
    fail_at(shop, *invoices(*range(11, 21)))
    fail_at(other, *invoices(*range(1, 20)))
    link_series(NOON)
    assert {row.project_environment.name for row in queries.error_series().filter(project=shop)} == {"staging", "prod"}
    assert set(routes(shop)) == {"/invoices/{id}"}
    assert len(routes(other)) == 19


def test_large_numbers_count_once_a_small_one_was_seen_there() -> None:
    shop = builders.project("shop")
    fail_at(shop, *invoices(*range(1000, 1030)))
    assert not NumberedPlace.objects.exists()  # ids already: nothing to learn
    fail_at(shop, *invoices(*range(95, 115)))
    assert routes(shop) == {"/invoices/{id}": 50}


def test_methods_and_message_events_have_series_of_their_own() -> None:
    shop = builders.project("shop")
    fail_at(shop, *invoices(*range(1, 20)))
    fail_at(shop, *invoices(*range(1, 20)), level="info")
    fail_at(shop, *invoices(20))
    link_series(NOON)
    linked = Series.objects.filter(canonical__isnull=False).values_list("kind", "canonical__kind")
    assert set(linked) == {("error", "error"), ("message", "message")}


def test_a_number_that_a_rule_names_stays_its_own() -> None:
    shop = builders.project("shop")
    rule = RuleSelection.objects.create(rule=1, route="/screen/3")
    fail_at(shop, *[f"/screen/{number}" for number in range(1, 20)])
    fail_at(shop, *[f"/screen/{number}" for number in (3, 20, 21)])
    link_series(NOON)
    assert routes(shop) == {"/screen/3": 2, "/screen/{id}": 20}
    rule.delete()
    fail_at(shop, "/screen/3")
    link_series(NOON + timedelta(minutes=11))
    assert routes(shop) == {"/screen/{id}": 23}
    RuleSelection.objects.create(rule=1, route="/screen/3")
    fail_at(shop, "/screen/3")
    link_series(NOON + timedelta(minutes=22))
    assert routes(shop) == {"/screen/3": 3, "/screen/{id}": 21}


def test_a_glob_that_selects_the_canonical_route_too_keeps_nothing_apart() -> None:
    shop = builders.project("shop")
    RuleSelection.objects.create(rule=1, route="/invoices/*")
    RuleSelection.objects.create(rule=2, route="/v1/*")
    fail_at(shop, *invoices(*range(1, 21)))
    assert routes(shop) == {"/invoices/{id}": 20}


def test_places_in_one_path_are_learned_apart() -> None:
    shop = builders.project("shop")
    fail_at(shop, *[f"/wizards/{wizard}/step/{wizard % 3}" for wizard in range(1, 25)])
    link_series(NOON)
    assert set(routes(shop)) == {f"/wizards/{{id}}/step/{step}" for step in range(3)}


def test_made_up_paths_take_limited_room_and_make_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learn, "MAX_PLACES", 10)
    monkeypatch.setattr("detections.telemetry.places.link.MAX_PLACES", 10)
    shop = builders.project("shop")
    fail_at(shop, *invoices(*range(1, 15)))
    fail_at(shop, *[f"/made-up-{'abcdefghijklmnop'[each]}/3" for each in range(16)])
    assert NumberedPlace.objects.count() == 10
    trim([shop.pk], NOON)
    assert NumberedPlace.objects.count() == 8
    fail_at(shop, *invoices(*range(15, 21)))
    assert NumberedPlace.objects.get(pattern="/invoices/{id}").learned_at == NOON


def test_made_up_paths_make_way_where_nothing_is_learned_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learn, "MAX_PLACES", 10)
    monkeypatch.setattr("detections.telemetry.places.link.MAX_PLACES", 10)
    monkeypatch.setattr(clock, "now", lambda: NOON)
    shop = builders.project("shop")
    fail_at(shop, *[f"/made-up-{each}/3" for each in "abcdefghijkl"])
    fail_at(shop, *invoices(*range(1, 21)))
    assert link_series(NOON) == []
    assert not NumberedPlace.objects.filter(pattern="/invoices/{id}").exists()
    drop_old()
    assert NumberedPlace.objects.count() == 8
    fail_at(shop, *invoices(*range(1, 21)))
    assert NumberedPlace.objects.get(pattern="/invoices/{id}").learned_at == NOON


def test_a_linked_series_gives_its_place_back() -> None:
    shop = builders.project("shop")
    for number in range(1, 21):
        fail_at(shop, *invoices(number))
    link_series(NOON)
    place = Series.objects.get(route="/invoices/{id}").project_environment_id
    assert places_taken({place}, NOON) == {place: 1}


def test_the_page_of_a_linked_series_is_that_of_the_canonical_one(admin_client: Client) -> None:
    shop = builders.project("shop")
    for number in range(1, 21):
        fail_at(shop, *invoices(number))
    link_series(NOON)
    old, one = Series.objects.get(route="/invoices/7"), Series.objects.get(route="/invoices/{id}")
    answer = admin_client.get(f"/routes/{old.pk}/?range=7d")
    assert answer.status_code == 302
    assert answer["Location"] == f"/routes/{one.pk}/?range=7d"
    assert admin_client.get(answer["Location"]).status_code == 200


def test_the_name_that_the_application_has_for_a_route_is_kept() -> None:
    shop = builders.project("shop")
    url = {"request": {"url": "https://shop.example/basket"}}
    builders.arrive(shop, builders.event(transaction="", **url))
    digest_until_empty(lambda: NOON, MINUTE)
    assert Series.objects.get().handler == ""
    for name in ("basket.show", "other.name"):
        builders.arrive(shop, builders.event(transaction=name, **url))
        digest_until_empty(lambda: NOON, MINUTE)
    assert Series.objects.get().handler == "basket.show"


@pytest.mark.django_db(transaction=True)
def test_linking_locks_places_before_series_as_digests_do() -> None:
    shop = builders.project("shop")
    for number in range(1, 21):
        fail_at(shop, *invoices(number))
    with transaction.atomic(), connection.cursor() as cursor:
        NumberedPlace.objects.select_for_update(no_key=True).get()  # as a digest with a new number
        linking = Thread(target=_link)
        linking.start()
        until(lambda: _waits_for_this(cursor), what="the link waits for the place")
        list(Series.objects.select_for_update(no_key=True, nowait=True))  # goes on, where it else would deadlock
    linking.join(30)
    assert routes(shop) == {"/invoices/{id}": 20}


def _link() -> None:
    try:
        link_series(NOON)
    finally:
        connection.close()


def _waits_for_this(cursor: Any) -> bool:
    cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))")
    return bool(cursor.fetchone()[0])
