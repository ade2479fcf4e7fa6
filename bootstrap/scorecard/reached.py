"""Which level a run has reached, from the counts of its items by level (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class LevelCounts:
    """The items that one level needs and no lower one does.

    `open` are those not settled, optional ones left out; `optional` are not settled either; nothing waits for them.
    Of both `contradicted` are signed, but a report says otherwise, and `lapsed` are waivers that ran out.
    """

    open: int = 0
    done: int = 0
    waived: int = 0
    not_applicable: int = 0
    contradicted: int = 0
    lapsed: int = 0
    optional: int = 0

    def __add__(self, other: LevelCounts) -> LevelCounts:
        return LevelCounts(
            self.open + other.open,
            self.done + other.done,
            self.waived + other.waived,
            self.not_applicable + other.not_applicable,
            self.contradicted + other.contradicted,
            self.lapsed + other.lapsed,
            self.optional + other.optional,
        )

    @property
    def settled(self) -> int:
        """Done or waived."""
        return self.done + self.waived

    @property
    def applicable(self) -> int:
        return self.open + self.settled


NOTHING = LevelCounts()


@dataclass(frozen=True)
class Reached:
    """How far a run is. `rank` is that of the highest level reached from 1, 0 for none; `level` its name.

    `waived` are the waivers on which that level rests, of a checklist without levels all of them. `next` is the name of
    the level after it and `missing` the number of items open for that one; of a checklist without levels, for all.
    `ready`: every item is settled.
    """

    rank: int
    level: str
    waived: int
    next: str
    missing: int
    ready: bool

    def words(self, levels: Sequence[str]) -> str:
        """`Full, with 2 waivers`, `below Basic`, `ready`, `not ready`."""
        whole = "ready" if self.ready else "not ready"
        word = (self.level or f"below {levels[0]}") if levels else whole
        with_waivers = self.waived and (self.level or (self.ready and not levels))
        return f"{word}, with {self.waived} waiver{'' if self.waived == 1 else 's'}" if with_waivers else word


def reached(levels: Sequence[str], counts: Sequence[LevelCounts]) -> Reached:
    """The level reached: the highest of which, and of all below it, every item is settled.

    `levels` from the lowest; `counts` are of each of them, of a checklist without levels one of all its items.
    """
    total = sum(counts, NOTHING)
    if not levels:
        return Reached(0, "", total.waived, "", total.open, total.open == 0)
    rank = next((number for number, each in enumerate(counts) if each.open), len(levels))
    return Reached(
        rank=rank,
        level=levels[rank - 1] if rank else "",
        waived=sum(each.waived for each in counts[:rank]),
        next=levels[rank] if rank < len(levels) else "",
        missing=counts[rank].open if rank < len(levels) else 0,
        ready=total.open == 0,
    )
