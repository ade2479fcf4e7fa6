"""What state each item of a run is in, and how far the run has come (pure).

An item is blocked while something it waits for is not settled: done, waived, or not applicable. Where every flag item
of a section was marked not applicable, the section is not used in this environment and its open items follow. Items of
a pair, which are done together, wait for what either of them waits for, and not for each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class ItemState(StrEnum):
    OPEN = "open"
    BLOCKED = "blocked"
    SIGNED = "signed"  # by the first of two people
    DONE = "done"
    NOT_APPLICABLE = "not_applicable"
    WAIVED = "waived"


SETTLED = frozenset({ItemState.DONE, ItemState.NOT_APPLICABLE, ItemState.WAIVED})
# A waiver whose review date has passed, where an act is told.
LAPSED = "lapsed"
# What the newest act makes of an item; without one, taken back or lapsed, it is open.
_OF_ACT = {
    "signed": ItemState.SIGNED,
    "done": ItemState.DONE,
    "not_applicable": ItemState.NOT_APPLICABLE,
    "waived": ItemState.WAIVED,
}


@dataclass(frozen=True)
class ItemFacts:
    """What the states are computed from; `act` is the newest act on the item (`SignOff.Act` or LAPSED), None without
    one; `together` are the items it makes an atomic pair with."""

    id: int
    section: int
    is_flag: bool
    needs_items: tuple[int, ...] = ()
    needs_sections: tuple[int, ...] = ()
    act: str | None = None
    together: tuple[int, ...] = ()
    optional: bool = False


@dataclass(frozen=True)
class ItemProgress:
    """An item's state; `waits_for` are ids of items, also of a settled item whose ground was taken away later."""

    state: ItemState
    waits_for: tuple[int, ...] = ()
    follows_flag: bool = False
    optional: bool = False

    @property
    def settled(self) -> bool:
        return self.state in SETTLED


@dataclass(frozen=True)
class Progress:
    """Counts of items by state, and of the optional ones that nobody has settled, which are in none of them."""

    counts: dict[ItemState, int]
    optional: int = 0

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def applicable(self) -> int:
        return self.total - self.not_applicable

    @property
    def settled(self) -> int:
        """Of the applicable ones, those done or waived."""
        return self.counts[ItemState.DONE] + self.counts[ItemState.WAIVED]

    @property
    def percent(self) -> int:
        """Rounded down, so that 100 means every item."""
        return 100 * self.settled // self.applicable if self.applicable else 100

    @property
    def blocked(self) -> int:
        return self.counts[ItemState.BLOCKED]

    @property
    def not_applicable(self) -> int:
        return self.counts[ItemState.NOT_APPLICABLE]


def standings(items: Sequence[ItemFacts]) -> dict[int, ItemProgress]:
    """The standing of each item, by id."""
    by_section: dict[int, list[ItemFacts]] = defaultdict(list)
    for item in items:
        by_section[item.section].append(item)
    unused = {section for section, members in by_section.items() if _is_unused(members)}
    states = {item.id: _own_state(item, item.section in unused) for item in items}
    waits = {item.id: _waits(item, states, by_section, unused) for item in items}
    return {item.id: _standing(item, states[item.id], waits, item.section in unused) for item in items}


def progress_of(found: Iterable[ItemProgress]) -> Progress:
    counts, optional = dict.fromkeys(ItemState, 0), 0
    for standing in found:
        if standing.optional and not standing.settled:
            optional += 1
        else:
            counts[standing.state] += 1
    return Progress(counts, optional)


def _is_unused(members: Sequence[ItemFacts]) -> bool:
    flags = [item for item in members if item.is_flag]
    return bool(flags) and all(item.act == "not_applicable" for item in flags)


def _own_state(item: ItemFacts, unused: bool) -> ItemState:
    state = _OF_ACT.get(item.act or "", ItemState.OPEN)
    return ItemState.NOT_APPLICABLE if unused and state is ItemState.OPEN else state


def _waits(
    item: ItemFacts, states: dict[int, ItemState], by_section: dict[int, list[ItemFacts]], unused: set[int]
) -> list[int]:
    waits = [needed for needed in item.needs_items if states.get(needed, ItemState.DONE) not in SETTLED]
    for section in item.needs_sections:
        waits += [
            member.id for member in by_section[section] if _holds_up(member, states[member.id], section in unused)
        ]
    return waits


def _standing(item: ItemFacts, state: ItemState, waits: dict[int, list[int]], unused: bool) -> ItemProgress:
    pair = (item.id, *item.together)
    waits_for = tuple(dict.fromkeys(needed for member in pair for needed in waits[member] if needed not in pair))
    if state in (ItemState.OPEN, ItemState.SIGNED) and waits_for:
        state = ItemState.BLOCKED
    return ItemProgress(state, waits_for, follows_flag=unused and item.act is None, optional=item.optional)


def _holds_up(member: ItemFacts, state: ItemState, unused: bool) -> bool:
    """A section that is waited for has to be in use: switched off by its flags, it is not complete."""
    return (state not in SETTLED and not member.optional) or (unused and member.is_flag)
