"""Keys are remembered for seconds, by project and key, and not without bound."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

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
