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
    monkeypatch.setattr(beat, "MAX_QUEUE_LENGTH", 3)
    client().delete("celery:celery")
    yield beat.BoundedScheduler(app, lazy=True)
    client().delete("celery:celery")


def test_it_stops_at_the_bound_and_resumes_when_a_message_is_taken(scheduler: beat.BoundedScheduler) -> None:
    entry = scheduler.Entry(name="tick", task="detections.tick", schedule=5.0, app=app)
    for _ in range(10):
        scheduler.apply_entry(entry)
    assert beat.queue_length() == 3
    client().rpop("celery:celery")
    scheduler.apply_entry(entry)
    assert beat.queue_length() == 3
