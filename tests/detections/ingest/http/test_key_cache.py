"""Keys are remembered for seconds, by project and key, and not without bound."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from detections.ingest.http import key_cache
from detections.ingest.http.key_cache import KNOWN_SECONDS, MAX_ENTRIES, UNKNOWN_SECONDS, KeyCache
from opsconsole.lib import clock
from tests.detections.builders import key, project

pytestmark = pytest.mark.django_db


def test_a_revocation_holds_within_five_seconds_on_every_process() -> None:
    raptor = project()
    caches = [KeyCache(), KeyCache()]
    assert all(cache.permit(raptor.pk, key(raptor), 0.0) for cache in caches)

    raptor.keys.update(revoked_at=clock.now())

    assert KNOWN_SECONDS < 5
    assert not any(cache.permit(raptor.pk, key(raptor), KNOWN_SECONDS) for cache in caches)


def test_disabling_a_project_holds_as_soon() -> None:
    raptor, cache = project(), KeyCache()
    assert cache.permit(raptor.pk, key(raptor), 0.0)
    raptor.enabled = False
    raptor.save()

    assert cache.permit(raptor.pk, key(raptor), KNOWN_SECONDS) is None


def test_the_database_is_asked_once_in_a_while() -> None:
    raptor, cache = project(events_per_minute_limit=7), KeyCache()
    public = key(raptor)
    with CaptureQueriesContext(connection) as asked:
        permits = {cache.permit(raptor.pk, public, second / 10) for second in range(int(KNOWN_SECONDS * 10))}

    assert len(asked) == 1
    assert {permit.per_minute for permit in permits if permit} == {7}


def test_a_key_made_just_now_works_soon_though_it_was_refused_before() -> None:
    raptor, cache = project(), KeyCache()
    assert cache.permit(raptor.pk, "f" * 32, 0.0) is None
    raptor.keys.create(public_key="f" * 32)

    assert cache.permit(raptor.pk, "f" * 32, UNKNOWN_SECONDS)


@pytest.mark.slow
def test_a_scan_with_made_up_keys_does_not_fill_the_memory() -> None:
    raptor, cache = project(), KeyCache()
    for number in range(MAX_ENTRIES + 50):
        cache.permit(raptor.pk, f"{number:032x}", 0.0)

    assert len(cache._entries) == MAX_ENTRIES
    assert cache.permit(raptor.pk, key(raptor), 0.0)


@pytest.mark.django_db(transaction=True)
def test_a_hung_server_is_waited_for_in_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table is locked, which the server's own bound, here of the last resort, would end much later."""
    raptor = project()
    locked, looked = threading.Event(), threading.Event()

    def lock() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE detections_projectkey IN ACCESS EXCLUSIVE MODE")
            locked.set()
            looked.wait(60)
        connection.close()

    monkeypatch.setattr(key_cache, "LOOK_UP_SECONDS", 0.05)
    with ThreadPoolExecutor(1) as pool:
        holder = pool.submit(lock)
        assert locked.wait(30)
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = '20s'")
        try:
            with pytest.raises(OperationalError) as raised:
                key_cache.look_up(raptor.pk, "0" * 32)
        finally:
            looked.set()
            connection.close()
        holder.result()
    assert "statement timeout" not in str(raised.value)
