"""With no worker to take them, beat's messages do not pile up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from opsconsole import beat
from opsconsole.celery import app
from opsconsole.lib.redis import client


@pytest.fixture
def scheduler(monkeypatch: pytest.MonkeyPatch) -> Iterator[beat.BoundedScheduler]:
    """Of an application whose queue nobody reads, with room for three messages."""
    monkeypatch.setattr(beat, "MOST_WAITING", 3)
    client().delete("celery:celery")
    yield beat.BoundedScheduler(app, lazy=True)
    client().delete("celery:celery")


def test_it_stops_at_the_bound_and_goes_on_when_somebody_takes_one(scheduler: beat.BoundedScheduler) -> None:
    entry = scheduler.Entry(name="tick", task="detections.tick", schedule=5.0, app=app)
    for _ in range(10):
        scheduler.apply_entry(entry)
    assert beat.waiting() == 3
    client().rpop("celery:celery")
    scheduler.apply_entry(entry)
    assert beat.waiting() == 3
