"""Pure: the busiest sliding window, exact on event timestamps (no ORM)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def busiest(times: Sequence[int], first_end: int, last_end: int, length: int) -> tuple[int, int]:
    """The most events in any window (t - length, t] with first_end <= t < last_end, and the earliest such t.

    `times` are sorted moments in one unit (microseconds here), as are the other arguments. Between two events the
    number inside a window can only fall, so the ends to try are `first_end` and the events themselves.
    """
    if not times:
        return 0, first_end
    moments = np.asarray(times, dtype=np.int64)
    ends = np.concatenate(([first_end], moments[(moments >= first_end) & (moments < last_end)]))
    inside = _inside(moments, ends, length)
    best = int(inside.argmax())
    return int(inside[best]), int(ends[best])


def busiest_of_slots(times: NDArray[np.int64], first_end: int, step: int, slots: int, length: int) -> NDArray[np.int64]:
    """As `busiest` of each of the slots [first_end + i * step, first_end + (i + 1) * step): the most events in any
    window (t - length, t] with t in the slot. `times` are sorted."""
    starts = first_end + step * np.arange(slots, dtype=np.int64)
    most = _inside(times, starts, length)
    within = times[(times >= first_end) & (times < first_end + slots * step)]
    np.maximum.at(most, (within - first_end) // step, _inside(times, within, length))
    return most


def _inside(times: NDArray[np.int64], ends: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    """The number of events in each window (end - length, end]."""
    after = np.searchsorted(times, ends - length, side="right")
    return np.asarray(np.searchsorted(times, ends, side="right") - after, dtype=np.int64)
