"""Sample events of an alert, equal ones as one with a count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from detections.telemetry.models import Event


@dataclass(frozen=True)
class SampleGroup:
    """Sample events that say the same in the same place: the newest, and how many of the samples it stands for."""

    event: Event
    count: int


def grouped(samples: Sequence[Event]) -> list[SampleGroup]:
    """The samples, newest first, by issue, text and place, in the order of the newest of each."""
    groups: dict[tuple[int, str, str, str], list[Event]] = {}
    for event in samples:
        place = event.transaction or event.url
        groups.setdefault((event.issue_id, event.exception_type, event.message, place), []).append(event)
    return [SampleGroup(events[0], len(events)) for events in groups.values()]
