"""When an environment first sent a release: written once, bounded, and cheap where nothing is new."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from detections.ingest.digest import digest_batch
from detections.telemetry.releases import keep
from detections.telemetry.releases.keep import MAX_NEW, OTHER
from detections.telemetry.releases.models import EnvironmentRelease
from detections.telemetry.retention import RetentionDays, drop_some
from opsconsole.lib.clock import MINUTE
from tests.detections.builders import NOON, arrive, envelope, event, inbox, project

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
TABLE = "detections_environmentrelease"


def send(*names: str, at=NOON) -> list[str]:
    """Digests an event of each release; the statements on the table of releases."""
    for name in names:
        payload = event(release=name, timestamp=at.isoformat())
        inbox(project(), envelope(("event", payload), sent_at=at.isoformat()), received_at=at)
    with CaptureQueriesContext(connection) as captured:
        digest_batch(at)
    return [query["sql"] for query in captured if TABLE in query["sql"]]


def known() -> dict[str, tuple[object, object]]:
    return {row.release: (row.first_seen, row.last_seen) for row in EnvironmentRelease.objects.all()}


def test_a_release_is_kept_with_its_first_event_and_then_costs_one_query() -> None:
    assert len(send("raptor@1", "raptor@1", "raptor@2", "")) == 3  # known ones, the day's new ones, one insert
    assert known() == {"raptor@1": (NOON, NOON), "raptor@2": (NOON, NOON)}
    again = send("raptor@1", "raptor@2", at=NOON + MINUTE)
    assert len(again) == 1
    assert again[0].lstrip().startswith("SELECT")
    assert known()["raptor@1"] == (NOON, NOON)
    assert send("", at=NOON + MINUTE) == []


def test_it_is_renewed_once_a_day_and_an_earlier_event_moves_its_beginning() -> None:
    send("raptor@1")
    assert len(send("raptor@1", at=NOON + DAY + MINUTE)) == 2
    assert known() == {"raptor@1": (NOON, NOON + DAY + MINUTE)}
    send("raptor@1", at=NOON - MINUTE)
    assert known() == {"raptor@1": (NOON - MINUTE, NOON + DAY + MINUTE)}


def test_made_up_releases_are_bounded_and_one_row_says_so() -> None:
    send(*(f"made-up@{number:03}" for number in range(MAX_NEW + 20)))
    assert len(known()) == MAX_NEW + 1
    assert OTHER in known()
    send("raptor@2", at=NOON + MINUTE)
    assert "raptor@2" not in known()
    assert send("made-up@001", at=NOON + MINUTE) != []
    send("raptor@2", at=NOON + DAY + 2 * MINUTE)  # the next day there is room again
    assert "raptor@2" in known()


def test_another_environment_has_its_own() -> None:
    send("raptor@1")
    arrive(project(), event(release="raptor@1", environment="staging"))
    digest_batch(NOON)
    assert EnvironmentRelease.objects.filter(release="raptor@1").count() == 2


@pytest.mark.django_db(transaction=True)
def test_releases_go_with_their_events() -> None:
    at = NOON - timedelta(days=95)
    send("raptor@0", at=at)
    send("raptor@1")
    drop_some(NOON, RetentionDays(events=90, minutes=35), lambda: False)
    assert known().keys() == {"raptor@1"}


def test_two_digests_that_see_a_release_at_once_keep_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    send("raptor@1")
    monkeypatch.setattr(keep, "_find", lambda keys: {})  # as a digest that began before the other's commit
    send("raptor@1", at=NOON - MINUTE)
    assert known() == {"raptor@1": (NOON - MINUTE, NOON)}
