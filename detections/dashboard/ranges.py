"""Time ranges that pages offer, with the buckets of their charts (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Range:
    """`key` is in the address. `step` gives a chart 15 to 180 buckets, `spark` a sparkline at most 60."""

    key: str
    label: str
    span: timedelta
    step: timedelta
    spark: timedelta

    @property
    def words(self) -> str:
        """`last 15 min`, for headings."""
        return f"last {self.label}"

    def window(self, now: datetime) -> tuple[datetime, datetime]:
        """Start and end in whole buckets, up to the end of the running bucket."""
        day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        end = day + self.step * ((now - day) // self.step + 1)
        return end - self.span, end


RANGES: tuple[Range, ...] = (
    Range("15m", "15 min", 15 * _MINUTE, _MINUTE, _MINUTE),
    Range("1h", "1 h", _HOUR, _MINUTE, _MINUTE),
    Range("6h", "6 h", 6 * _HOUR, 5 * _MINUTE, 10 * _MINUTE),
    Range("24h", "24 h", _DAY, 10 * _MINUTE, 30 * _MINUTE),
    Range("7d", "7 d", 7 * _DAY, _HOUR, 4 * _HOUR),
    Range("30d", "30 d", 30 * _DAY, 6 * _HOUR, 12 * _HOUR),
    Range("90d", "90 d", 90 * _DAY, _DAY, 2 * _DAY),
)
DEFAULT = "1h"


def find(key: str | None, default: str = DEFAULT) -> Range:
    """The range of that key; the default for none or an unknown one, so that an old link still opens."""
    known = {each.key: each for each in RANGES}
    return known.get(key or default, known[default])
