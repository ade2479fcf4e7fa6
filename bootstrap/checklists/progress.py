"""The state of each item of a run, and the run's counts (pure).

An item is settled when it is done, waived or not applicable, and blocked while an item that it waits for is not
settled. Of alternatives one is enough: once it is done or waived, the others that are open are not applicable. A
section whose flag items are all marked not applicable is not used in the environment: its open items are not
applicable either. The two items of a pair wait for what either of them waits for, but not for each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum


class ItemState(StrEnum):
    OPEN = "open"
    BLOCKED = "blocked"
    SIGNED = "signed"  # by the first of two people
    DONE = "done"
    NOT_APPLICABLE = "not_applicable"
    WAIVED = "waived"


SETTLED = frozenset({ItemState.DONE, ItemState.NOT_APPLICABLE, ItemState.WAIVED})
# Of an alternative: the others are not needed.
CHOSEN = frozenset({ItemState.DONE, ItemState.WAIVED})
# Stands in place of an act (`SignOff.Act`): the newest act is a waiver whose review date has passed.
LAPSED = "lapsed"
# The state that follows from the newest act. In any other case (no act, taken back, lapsed) the item is open.
_STATE_AFTER_ACT = {
    "signed": ItemState.SIGNED,
    "done": ItemState.DONE,
    "not_applicable": ItemState.NOT_APPLICABLE,
    "waived": ItemState.WAIVED,
}


@dataclass(frozen=True)
class ItemFacts:
    """An item as the states are computed from it. All numbers are ids.

    `act` is the newest act (`SignOff.Act` or LAPSED), None without one; `together` are its partners in an atomic pair,
    `one_of` the items of which it needs one.
    """

    id: int
    section: int
    is_flag: bool
    needs_items: tuple[int, ...] = ()
    needs_sections: tuple[int, ...] = ()
    act: str | None = None
    together: tuple[int, ...] = ()
    optional: bool = False
    one_of: tuple[int, ...] = ()


@dataclass(frozen=True)
class ItemProgress:
    """An item's state. `waits_for` are the ids of unsettled items that it needs.

    A settled item has some too, where an item that it needs was taken back later. `follows_flag`: nobody acted on the
    item itself, it is not applicable because its section is not used. `follows_choice`: because another alternative
    is settled.
    """

    state: ItemState
    waits_for: tuple[int, ...] = ()
    follows_flag: bool = False
    follows_choice: bool = False
    optional: bool = False

    @property
    def settled(self) -> bool:
        return self.state in SETTLED


@dataclass(frozen=True)
class Progress:
    """Counts of items by state. Optional items that are not settled count in `optional` only."""

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
        """The number of items that are done or waived."""
        return self.counts[ItemState.DONE] + self.counts[ItemState.WAIVED]

    @property
    def percent(self) -> int:
        """Settled items per hundred applicable ones, rounded down: 100 means all of them."""
        return 100 * self.settled // self.applicable if self.applicable else 100

    @property
    def blocked(self) -> int:
        return self.counts[ItemState.BLOCKED]

    @property
    def not_applicable(self) -> int:
        return self.counts[ItemState.NOT_APPLICABLE]


def item_progress(items: Sequence[ItemFacts]) -> dict[int, ItemProgress]:
    """By id, the state of each of the items of a run."""
    by_section: dict[int, list[ItemFacts]] = defaultdict(list)
    for item in items:
        by_section[item.section].append(item)
    unused = {section for section, members in by_section.items() if _is_unused(members)}
    states = {item.id: _own_state(item, item.section in unused) for item in items}
    left = _left_alternatives(items, states)
    states |= dict.fromkeys(left, ItemState.NOT_APPLICABLE)
    waits = {item.id: _waits(item, states, by_section, unused) for item in items}
    found = {item.id: _progress_of_one(item, states[item.id], waits, item.section in unused) for item in items}
    return found | {pk: replace(found[pk], follows_choice=True) for pk in left}


def progress_of(items: Iterable[ItemProgress]) -> Progress:
    """The counts of these items by state."""
    counts, optional = dict.fromkeys(ItemState, 0), 0
    for item in items:
        if item.optional and not item.settled:
            optional += 1
        else:
            counts[item.state] += 1
    return Progress(counts, optional)


def _left_alternatives(items: Sequence[ItemFacts], states: dict[int, ItemState]) -> set[int]:
    """The open items beside an alternative that is done or waived."""
    left: set[int] = set()
    for item in items:
        known = [pk for pk in item.one_of if pk in states]
        if any(states[pk] in CHOSEN for pk in known):
            left |= {pk for pk in known if states[pk] is ItemState.OPEN}
    return left


def _is_unused(members: Sequence[ItemFacts]) -> bool:
    flags = [item for item in members if item.is_flag]
    return bool(flags) and all(item.act == "not_applicable" for item in flags)


def _own_state(item: ItemFacts, unused: bool) -> ItemState:
    state = _STATE_AFTER_ACT.get(item.act or "", ItemState.OPEN)
    return ItemState.NOT_APPLICABLE if unused and state is ItemState.OPEN else state


def _waits(
    item: ItemFacts, states: dict[int, ItemState], by_section: dict[int, list[ItemFacts]], unused: set[int]
) -> list[int]:
    waits = [needed for needed in item.needs_items if states.get(needed, ItemState.DONE) not in SETTLED]
    chosen = any(states.get(pk) in CHOSEN for pk in item.one_of)
    waits += [] if chosen else [pk for pk in item.one_of if states.get(pk, ItemState.DONE) not in SETTLED]
    for section in item.needs_sections:
        waits += [member.id for member in by_section[section] if _blocks(member, states[member.id], section in unused)]
    return waits


def _progress_of_one(item: ItemFacts, state: ItemState, waits: dict[int, list[int]], unused: bool) -> ItemProgress:
    pair = (item.id, *item.together)
    waits_for = tuple(dict.fromkeys(needed for member in pair for needed in waits[member] if needed not in pair))
    if state in (ItemState.OPEN, ItemState.SIGNED) and waits_for:
        state = ItemState.BLOCKED
    return ItemProgress(state, waits_for, follows_flag=unused and item.act is None, optional=item.optional)


def _blocks(member: ItemFacts, state: ItemState, unused: bool) -> bool:
    """Whether a member keeps an item waiting that needs its section. A section that is not used is not complete."""
    return (state not in SETTLED and not member.optional) or (unused and member.is_flag)
