"""Two digests meet at a name that is new to both: nothing is lost, doubled or deadlocked."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier
from typing import Any

import pytest

from detections.ingest import digest
from detections.ingest.models import DirtySlot, Inbox, Quarantined
from detections.telemetry import write_records
from detections.telemetry.count_models import HourCount, MinuteCount
from detections.telemetry.models import Event, Grouping, Issue, IssueHour, ProjectEnvironment, Series
from tests.at_once import race
from tests.detections.builders import NOON, arrive, event, project

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = ("a", "b", "c", "d")


def named(environment: str, transaction: str, fingerprint: str) -> dict[str, Any]:
    request = {"method": "GET", "url": f"https://raptor.example/{transaction}"}
    return event(environment=environment, transaction=f"/{transaction}", request=request, fingerprint=[fingerprint])


NEW: dict[str, Callable[[str], dict[str, Any]]] = {
    "resolve_environments": lambda name: named(name, "known", "known"),
    "resolve_issues": lambda name: named("known", "known", name),
    "resolve_series": lambda name: named("known", name, "known"),
    "take": lambda name: named(name, name, name),
}


@pytest.mark.parametrize("step", NEW)
def test_a_name_that_is_new_to_two_batches_is_made_once(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each waits before the step until the other has come there too, in a transaction of its own; they name the same in
    opposite order."""
    raptor = project()
    arrive(raptor, named("known", "known", "known"))
    digest.digest_batch(NOON)
    made = NEW[step]
    arrive(raptor, *(made(name) for name in (*NAMES, *reversed(NAMES))))
    both, does = Barrier(2), getattr(write_records, step)

    def together(records: Any) -> Any:
        both.wait(20)
        return does(records)

    monkeypatch.setattr(digest, "BATCH", len(NAMES))
    monkeypatch.setattr(write_records, step, together)

    assert race(lambda _: digest.digest_batch(NOON), 2) == [len(NAMES)] * 2

    total = 1 + 2 * len(NAMES)
    assert not Inbox.objects.exists()
    assert not Quarantined.objects.exists()
    assert Event.objects.count() == total
    for counts in (MinuteCount, HourCount, IssueHour):
        assert sum(counts.objects.values_list("n", flat=True)) == total
    assert sum(Issue.objects.values_list("events", flat=True)) == total
    apart = 1 + len(NAMES)
    assert ProjectEnvironment.objects.count() == (apart if step in ("resolve_environments", "take") else 1)
    assert Issue.objects.count() == Grouping.objects.count() == (apart if step in ("resolve_issues", "take") else 1)
    assert Series.objects.count() == (1 if step == "resolve_issues" else apart)
    places = set(ProjectEnvironment.objects.values_list("pk", flat=True))
    assert set(DirtySlot.objects.values_list("project_environment", flat=True)) == places
