"""From inbox rows to events, issues and counts: each once, whatever comes."""

from __future__ import annotations

import threading
from datetime import timedelta
from types import ModuleType
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction

from detections.ingest import digest
from detections.ingest.digest import digest_batch, digest_until_empty
from detections.ingest.models import DirtySlot, Inbox, Quarantined
from detections.ingest.quarantine import retry
from detections.telemetry import environments, series
from detections.telemetry.bodies import unpack
from detections.telemetry.count_models import Discard, HourCount, MinuteCount
from detections.telemetry.issues import write
from detections.telemetry.issues.models import IssueUser
from detections.telemetry.models import Event, Issue, IssueHour, ProjectEnvironment, Series
from detections.telemetry.places.targets import MAX_URL_PATHS
from tests.detections.builders import NOON, arrive, envelope, event, inbox, project

pytestmark = pytest.mark.django_db


def test_an_event_is_written_with_all_its_counts() -> None:
    raptor = project()
    arrive(raptor, event(user={"id": 7}, release="raptor@1", tags=[["component", "preview"]]))

    assert digest_batch(NOON) == 1

    row = Event.objects.get()
    assert (row.exception_type, row.message) == ("RuntimeError", "beta_token_verifier: Console returned 403")
    assert (row.level, row.handled, row.tags, row.release) == ("error", False, {"component": "preview"}, "raptor@1")
    assert row.occurred_at == NOON
    assert (unpack(row.body) or {})["exception"][0]["frames"][1]["function"] == "screen"
    series = Series.objects.get()
    assert (series.label, series.kind) == ("GET /api/beta/preview/{token}/screen/1", "error")
    assert list(MinuteCount.objects.values_list("series_id", "minute", "n")) == [(series.pk, NOON, 1)]
    assert list(HourCount.objects.values_list("series_id", "hour", "n")) == [(series.pk, NOON, 1)]
    issue = Issue.objects.get()
    assert (issue.title, issue.events, issue.users) == (
        "RuntimeError: beta_token_verifier: Console returned 403",
        1,
        1,
    )
    assert issue.grouping["method"] == "in-app stack"
    assert IssueHour.objects.get().n == 1
    assert list(DirtySlot.objects.values_list("minute", flat=True)) == [NOON]
    assert not Inbox.objects.exists()


def test_the_environment_is_found_by_alias_and_an_unknown_one_is_kept() -> None:
    raptor = project()
    arrive(raptor, event(environment="Production"), event(environment="pre-view"), event(environment="prod"))

    digest_batch(NOON)

    rows = {row.name: row.environment for row in ProjectEnvironment.objects.all()}
    assert rows.keys() == {"prod", "pre-view"}
    assert rows["prod"] is not None
    assert rows["prod"].slug == "prod"
    assert rows["pre-view"] is None


def test_environment_names_are_bounded_per_project() -> None:
    raptor = project()
    arrive(raptor, *(event(environment=f"branch-{n}") for n in range(60)))

    digest_batch(NOON)

    names = set(ProjectEnvironment.objects.values_list("name", flat=True))
    assert len(names) == 51
    assert "other" in names
    assert Event.objects.filter(project_environment__name="other").count() == 10


def test_the_same_event_twice_is_one_and_the_second_is_told() -> None:
    raptor = project()
    same = uuid4()
    for _ in range(3):
        inbox(raptor, envelope(("event", event())), same)
    digest_batch(NOON)
    inbox(raptor, envelope(("event", event())), same, received_at=NOON + timedelta(days=1))
    digest_batch(NOON + timedelta(days=1))

    assert Event.objects.count() == 1
    assert MinuteCount.objects.get().n == 1
    assert Issue.objects.get().events == 1
    assert sum(Discard.objects.filter(reason="duplicate").values_list("n", flat=True)) == 3


def test_what_clients_dropped_is_counted() -> None:
    raptor = project()
    report = {"discarded_events": [{"reason": "queue_overflow", "category": "error", "quantity": 23}]}
    inbox(raptor, envelope(("client_report", report)))

    digest_batch(NOON)

    assert list(Discard.objects.values_list("reason", "category", "n")) == [("client:queue_overflow", "error", 23)]


def test_reasons_that_clients_make_up_are_one() -> None:
    report = {"discarded_events": [{"reason": f"r{n}", "category": f"c{n}", "quantity": 1} for n in range(50)]}
    inbox(project(), envelope(("client_report", report)))
    digest_batch(NOON)
    assert list(Discard.objects.values_list("reason", "category", "n")) == [("client:other", "other", 50)]


def test_a_mounted_application_is_found_by_its_address_too() -> None:
    arrive(project(), event(transaction="/preview/{token}/screen/{n}", transaction_info={"source": "route"}))

    digest_batch(NOON)

    series = Series.objects.get()
    assert series.route == "/preview/{token}/screen/{n}"
    assert series.url_path == "/api/beta/preview/{token}/screen/{n}"
    assert "(at /api/beta/preview/{token}/screen/{n})" in series.label


def test_addresses_of_a_route_are_bounded() -> None:
    def at(path: str) -> dict[str, Any]:
        return event(transaction="/all", transaction_info={"source": "route"}, request={"url": f"https://x/{path}"})

    raptor = project()
    for letter in "ab":
        arrive(raptor, *(at(f"{letter}/{n}") for n in range(MAX_URL_PATHS - 5)))
        digest_batch(NOON)

    assert Series.objects.exclude(url_path="").count() == MAX_URL_PATHS
    assert Series.objects.get(url_path="").route == "/all"
    assert Event.objects.count() == 2 * (MAX_URL_PATHS - 5)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("part", [environments, series, write])
def test_locks_pass_rows_whose_keys_others_hold(part: ModuleType) -> None:
    """As a new row of an hour does that names an issue; FOR UPDATE would wait, and two digests for each other."""
    arrive(project(), event())
    digest_batch(NOON)
    table, pk = {
        environments: ("projectenvironment", ProjectEnvironment.objects.get().pk),
        series: ("series", Series.objects.get().pk),
        write: ("issue", Issue.objects.get().pk),
    }[part]
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute(f"SELECT 1 FROM detections_{table} FOR KEY SHARE")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '1s'")
            cursor.execute(part.LOCK, [[pk]])
            assert cursor.fetchall()
    finally:
        other.close()


def test_a_report_of_drops_that_comes_twice_counts_once() -> None:
    """Stored twice (its commit's answer was lost) and sent twice, in one batch and in two; another one counts."""
    raptor = project()
    lost = {"timestamp": 1781265600.25, "discarded_events": [{"reason": "x", "category": "error", "quantity": 5}]}
    for _ in range(2):
        inbox(raptor, envelope(("client_report", lost)))
    digest_batch(NOON)
    inbox(raptor, envelope(("client_report", lost)))
    inbox(raptor, envelope(("client_report", {**lost, "timestamp": 1781265601.5})))

    digest_batch(NOON)

    assert Discard.objects.get().n == 10


def test_a_batch_is_bounded_by_what_its_bodies_decode_to(monkeypatch: pytest.MonkeyPatch) -> None:
    raptor = project()
    monkeypatch.setattr(digest, "BATCH_BYTES", 10_000_000)
    for size in (9_000_000, 9_000_000, None, 10, 99_000_000, 10):
        inbox(raptor, envelope(("event", event())), size=size)

    done = [digest_batch(NOON) for _ in range(4)]

    # Two, until more than the bound is together; the unknown one alone, and then what fits behind the small one.
    assert done == [2, 1, 2, 1]


def test_an_environment_that_scrubbing_lengthens_fits_its_column() -> None:
    arrive(project(), event(environment="pwd=a token=b secret=c jwt=d ssn=e cvv=f cvc=g csrf=h"))

    digest_batch(NOON)

    assert not Quarantined.objects.exists()
    assert len(ProjectEnvironment.objects.get().name) == 64


def test_a_late_event_counts_in_its_own_minute() -> None:
    raptor = project()
    early = NOON - timedelta(days=3)
    arrive(raptor, event(timestamp=early.isoformat()))

    digest_batch(NOON)

    assert MinuteCount.objects.get().minute == early
    assert DirtySlot.objects.get().minute == early


def test_a_row_that_cannot_be_read_is_set_aside_scrubbed_and_the_others_go_on() -> None:
    raptor = project()
    bad = inbox(raptor, b'{}\n{"type":"event"}\n["password=hunter2"]')
    arrive(raptor, event())

    assert digest_batch(NOON) == 2

    assert Event.objects.count() == 1
    row = Quarantined.objects.get()
    assert row.event_id == bad.event_id
    assert "expected an object" in row.error
    assert b"hunter2" not in bytes(row.body)


@pytest.fixture
def poison() -> str:
    """The environment name that PostgreSQL refuses to write, as a fault of the database with one row would."""
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE detections_projectenvironment ADD CONSTRAINT poison CHECK (name <> 'poison') NOT VALID"
        )
    return "poison"


def test_what_is_set_aside_is_scrubbed_as_a_whole_event(poison: str) -> None:
    message = {"message": "password of %s is %s", "params": ["ada", "swordfish"]}
    arrive(project(), event(environment=poison, logentry=message))

    digest_batch(NOON)

    body = bytes(Quarantined.objects.get().body)
    assert b"swordfish" not in body
    assert b'"ada"' in body


def test_a_row_that_cannot_be_written_is_found_by_halving_and_can_be_tried_again(poison: str) -> None:
    raptor = project()
    arrive(raptor, *(event() for _ in range(5)), event(environment=poison), *(event() for _ in range(4)))

    assert digest_until_empty(lambda: NOON, timedelta(seconds=5)).empty

    assert Event.objects.count() == 9
    assert MinuteCount.objects.get().n == 9
    row = Quarantined.objects.get()
    assert row.attempts == 1
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE detections_projectenvironment DROP CONSTRAINT poison")
    assert retry([row.pk], NOON) == 1
    digest_batch(NOON)
    assert Event.objects.count() == 10
    assert Quarantined.objects.filter(resolved_at__isnull=True).count() == 0


def test_an_event_that_is_tried_again_knows_its_sender_and_quarantine_does_not(poison: str) -> None:
    anonymous = event(environment=poison, platform="javascript", user={"ip_address": "{{auto}}"})
    inbox(project(), envelope(("event", anonymous)), sender="192.0.2.7")
    digest_batch(NOON)
    row = Quarantined.objects.get()
    assert row.sender == "192.0.2.7"
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE detections_projectenvironment DROP CONSTRAINT poison")
    retry([row.pk], NOON)
    digest_batch(NOON)
    stored = unpack(Event.objects.get().body)
    assert stored is not None
    assert stored["user"] == {"ip_address": "192.0.2.7"}
    row.refresh_from_db()
    assert row.sender == ""


def test_a_resolved_issue_that_recurs_is_open_again() -> None:
    raptor = project()
    arrive(raptor, event())
    digest_batch(NOON)
    Issue.objects.update(status=Issue.Status.RESOLVED)
    arrive(raptor, event(timestamp=(NOON + timedelta(minutes=1)).isoformat()), at=NOON + timedelta(minutes=1))

    digest_batch(NOON)

    issue = Issue.objects.get()
    assert (issue.status, issue.regressed_at) == ("unresolved", NOON + timedelta(minutes=1))
    log = issue.log.get()
    assert (log.actor_name, log.old, log.new, log.at) == (
        "digest: it came back",
        "resolved",
        "unresolved",
        NOON + timedelta(minutes=1),
    )


def test_bodies_are_capped_in_a_flood_and_counts_are_not() -> None:
    raptor = project()
    arrive(raptor, *(event() for _ in range(450)))

    assert digest_until_empty(lambda: NOON, timedelta(seconds=5)) == (450, True)

    assert Event.objects.count() == 450
    assert MinuteCount.objects.get().n == 450
    assert Event.objects.filter(body__isnull=False).count() == 203  # 200, and each hundredth: 200, 300, 400


def test_users_are_counted_once_each() -> None:
    raptor = project()
    arrive(raptor, *(event(user={"id": n % 3}) for n in range(9)), event(user={}))

    digest_batch(NOON)

    assert Issue.objects.get().users == 3
    assert IssueUser.objects.count() == 3


def test_a_turn_ends_when_its_time_is_up() -> None:
    raptor = project()
    arrive(raptor, *(event() for _ in range(300)))
    hours = (NOON + timedelta(hours=n) for n in range(9))

    assert digest_until_empty(lambda: next(hours), timedelta(minutes=90)) == (250, False)
    assert Inbox.objects.count() == 50


@pytest.mark.django_db(transaction=True)
def test_two_digests_at_once_count_each_event_once() -> None:
    raptor = project()
    same = [uuid4() for _ in range(20)]
    for number in range(1500):
        inbox(raptor, envelope(("event", event(user={"id": number % 9}))), same[number] if number < 20 else None)
    for event_id in same:
        inbox(raptor, envelope(("event", event())), event_id)

    def work() -> None:
        digest_until_empty(lambda: NOON, timedelta(seconds=5))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not Inbox.objects.exists()
    assert Event.objects.count() == 1500
    assert sum(MinuteCount.objects.values_list("n", flat=True)) == 1500
    assert sum(HourCount.objects.values_list("n", flat=True)) == 1500
    assert Issue.objects.get().events == 1500
    assert Issue.objects.get().users == 9
