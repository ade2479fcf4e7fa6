"""Pure: the busiest sliding window, exact on event timestamps (no ORM)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def busiest(times: Sequence[int], first_end: int, last_end: int, length: int) -> tuple[int, int]:
    """The most events in any window (t - length, t] with first_end <= t < last_end, and the earliest such t.

    `times` are sorted moments in one unit (microseconds here), as are the other arguments. Between two events the
    number inside a window can only fall, so the ends to try are `first_end` and the events themselves.
    """
    if not times:
        return 0, first_end
    moments = np.asarray(times, dtype=np.int64)
    ends = np.concatenate(([first_end], moments[(moments >= first_end) & (moments < last_end)]))
    inside = np.searchsorted(moments, ends, side="right") - np.searchsorted(moments, ends - length, side="right")
    best = int(inside.argmax())
    return int(inside[best]), int(ends[best])
