"""Events as somebody with a public DSN makes them up, sent over HTTP as clients do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from string import ascii_lowercase
from typing import Any

from detections.ingest.digest import digest_until_empty
from detections.ingest.protocol.envelope import MAX_ITEMS
from detections.telemetry.models import Project
from opsconsole.lib import clock
from opsconsole.lib.db.batches import chunks
from tests.detections.builders import envelope, key
from tests.detections.http import call
from tests.detections.rules import world

LONG = timedelta(minutes=10)


def word(number: int) -> str:
    """A word without digits, which no template makes a placeholder: another one for each number."""
    letters = ""
    while number or not letters:
        number, letter = divmod(number, len(ascii_lowercase))
        letters = ascii_lowercase[letter] + letters
    return f"made-up-{letters}"


def made_up(number: int, at: datetime, *, under: str = "", **fields: Any) -> Iterator[dict[str, Any]]:
    """That many errors, each on a route of its own below a path, that no signature knows."""
    for each in range(number):
        yield world.event(at, path=f"{under}/{word(each)}", **{**world.plain(), **fields})


def send(project: Project, events: Sequence[dict[str, Any]]) -> None:
    """Sends the events, as many to a request as are allowed, and digests them."""
    for some in chunks(events, MAX_ITEMS):
        body = envelope(*(("event", each) for each in some), sent_at=clock.now().isoformat())
        assert call(f"/api/{project.pk}/envelope/?sentry_key={key(project)}", body).status == 200
    digest_until_empty(clock.now, LONG)
