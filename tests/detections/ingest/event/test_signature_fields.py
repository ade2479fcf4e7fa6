"""The texts of an event that signatures match: the chain of exceptions and the places of its frames."""

from __future__ import annotations

import pytest

from detections.ingest.digest import digest_batch
from detections.ingest.event.signature_fields import MAX_CHAIN, MAX_PLACES, MAX_VALUE, chain, places
from detections.telemetry.models import Event
from tests.detections.builders import NOON, arrive, event, project


def test_the_reported_exception_comes_first_and_each_is_cut() -> None:
    links = [{"type": f"E{n}", "value": "v" * 5000} for n in range(30)]

    found = chain({"exception": links})

    assert [link["type"] for link in found] == [f"E{n}" for n in range(29, 29 - MAX_CHAIN, -1)]
    assert all(len(link["value"]) == MAX_VALUE for link in found)
    assert chain({}) == []


def test_places_are_the_applications_own_first_each_once() -> None:
    own = {"module": "raptor.preview", "function": "screen", "in_app": True}
    libraries = [{"filename": f"lib{n}.py", "function": "call", "in_app": False} for n in range(200)]
    cause = {"frames": [{"filename": "verifier.js", "in_app": True}]}

    found = places({"exception": [cause, {"frames": [*libraries, own, *libraries, own]}]})

    assert found[:3] == ["raptor.preview:screen", "verifier.js", "lib199.py:call"]
    assert len(found) == len(set(found)) == MAX_PLACES


def test_a_stack_without_exception_has_places() -> None:
    assert places({"frames": [{"function": "f"}, {}]}) == ["f"]


@pytest.mark.django_db
def test_a_cause_is_stored_with_the_event_that_wraps_it() -> None:
    cause, wrapper = "beta_token_verifier: Console returned 403", "no preview"
    values = [{"type": "RuntimeError", "value": cause}, {"type": "PreviewError", "value": wrapper}]
    arrive(project(), event(exception={"values": values}))

    digest_batch(NOON)

    stored = Event.objects.get()
    assert stored.exception_type == "PreviewError"
    assert stored.chain == [{"type": "PreviewError", "value": wrapper}, {"type": "RuntimeError", "value": cause}]
    assert stored.places == []
