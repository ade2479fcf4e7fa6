"""Pure: the slots of a preview, and the minutes before them that their windows and baselines look at (no ORM)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from detections.rules.baseline.hour_cells import HOUR, LONGEST_WINDOW
from detections.rules.baseline.hourly_baselines import span as week_before
from opsconsole.lib.clock import MINUTE, floor_hour, floor_minute

WEEK, DAY = timedelta(days=7), timedelta(days=1)


@dataclass(frozen=True)
class PreviewSpan:
    """The slots that end in (start, end], one a minute."""

    start: datetime
    end: datetime

    @property
    def slots(self) -> int:
        return (self.end - self.start) // MINUTE

    @property
    def first_hour(self) -> datetime:
        """The hour of the first slot's minute."""
        return floor_hour(self.start)

    @property
    def hours(self) -> int:
        """How many hours the slots' minutes lie in."""
        return (floor_hour(self.end - MINUTE) - self.first_hour) // HOUR + 1

    @property
    def origin(self) -> datetime:
        """The first minute that is read: of the first window of the first hour's baseline."""
        return self.cells_start - LONGEST_WINDOW * MINUTE

    @property
    def cells_start(self) -> datetime:
        """The first hour of the week that the first hour's windows are compared with."""
        return week_before(self.first_hour)[0]

    @property
    def minutes(self) -> int:
        """How many minutes are read, from `origin` to `end`."""
        return (self.end - self.origin) // MINUTE

    @property
    def before(self) -> int:
        """How many of them lie before `start`."""
        return (self.start - self.origin) // MINUTE

    @property
    def hour_of_slots(self) -> NDArray[np.int64]:
        """By slot, the number of its minute's hour."""
        first = (self.start - self.first_hour) // MINUTE
        return np.asarray((first + np.arange(self.slots)) // 60, dtype=np.int64)

    def slot_end(self, index: int) -> datetime:
        return self.start + (index + 1) * MINUTE


def last(length: timedelta, now: datetime) -> PreviewSpan:
    """The slots of the last `length` that are over."""
    end = floor_minute(now)
    return PreviewSpan(end - length, end)
