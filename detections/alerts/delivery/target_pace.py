"""How many messages a sender has in flight to each target: few to one that is slow, so that it holds up no other.

Kept in the memory of one sender: another one, and the next start, finds it out anew with one message to each target.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta

from detections.alerts.delivery_models import Delivery

PER_TARGET = 8
SLOW_THREADS = 16
# A receiver that answers later holds a thread for long; most answer within a second.
SLOW = timedelta(seconds=3)


class TargetPace:
    """A target gets one message at a time until it has answered one quickly, then `PER_TARGET`, and one again after
    an answer that took `SLOW`. All slow targets together get at most `slow_threads`."""

    def __init__(self, slow_threads: int = SLOW_THREADS) -> None:
        self._slow_threads = slow_threads
        self._quick: set[int] = set()
        self._slow: set[int] = set()

    def note(self, target: int, took: timedelta) -> None:
        """Notes how long an attempt took, whatever its outcome: a refusal holds no thread."""
        now, before = (self._slow, self._quick) if took >= SLOW else (self._quick, self._slow)
        now.add(target)
        before.discard(target)

    def room(self, target: int) -> int:
        """How many messages the target may have in flight."""
        return PER_TARGET if target in self._quick else 1

    def full(self, busy: Mapping[int, int]) -> set[int]:
        """The targets that get no message now; `busy`: by target, how many it has in flight."""
        full = {target for target, count in busy.items() if count >= self.room(target)}
        return full if self._slow_room(busy) else full | self._slow

    def within(self, due: Iterable[Delivery], busy: Mapping[int, int]) -> list[Delivery]:
        """The due messages for which there is room beside what is in flight."""
        counted = Counter(busy)
        batch = []
        for delivery in due:
            if delivery.target_id not in self.full(counted):
                counted[delivery.target_id] += 1
                batch.append(delivery)
        return batch

    def _slow_room(self, busy: Mapping[int, int]) -> bool:
        return sum(busy.get(target, 0) for target in self._slow) < self._slow_threads
