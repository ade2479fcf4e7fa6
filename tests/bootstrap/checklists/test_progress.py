"""States of items from the newest acts and what they wait for."""

from __future__ import annotations

import pytest

from bootstrap.checklists.progress import ItemFacts, ItemState, item_progress, progress_of


def states(*items: ItemFacts) -> dict[int, tuple[str, tuple[int, ...]]]:
    return {pk: (progress.state.value, progress.waits_for) for pk, progress in item_progress(items).items()}


@pytest.mark.parametrize(
    ("act", "state"),
    [
        (None, "open"),
        ("undone", "open"),
        ("signed", "signed"),
        ("done", "done"),
        ("not_applicable", "not_applicable"),
        ("waived", "waived"),
    ],
)
def test_the_newest_act_tells_the_state(act: str | None, state: str) -> None:
    assert states(ItemFacts(1, 1, False, act=act)) == {1: (state, ())}


@pytest.mark.parametrize("act", ["done", "waived", "not_applicable"])
def test_a_settled_item_lets_those_go_on_that_wait_for_it(act: str) -> None:
    waiting = ItemFacts(2, 1, False, needs_items=(1,))
    assert states(ItemFacts(1, 1, False, act=act), waiting)[2] == ("open", ())


@pytest.mark.parametrize("act", [None, "undone", "signed"])
def test_an_item_waits_for_one_that_is_not_settled(act: str | None) -> None:
    waiting = ItemFacts(2, 1, False, needs_items=(1,))
    assert states(ItemFacts(1, 1, False, act=act), waiting)[2] == ("blocked", (1,))


def test_an_item_waits_for_a_whole_section() -> None:
    waiting = ItemFacts(9, 2, False, needs_sections=(1,))
    members = [ItemFacts(1, 1, False, act="done"), ItemFacts(2, 1, True)]
    assert states(*members, waiting)[9] == ("blocked", (2,))


def test_a_section_switched_off_by_its_flag_is_not_complete_for_those_that_need_it() -> None:
    waiting = ItemFacts(9, 2, False, needs_sections=(1,))
    members = [ItemFacts(1, 1, False), ItemFacts(2, 1, True, act="not_applicable")]
    assert states(*members, waiting) == {1: ("not_applicable", ()), 2: ("not_applicable", ()), 9: ("blocked", (2,))}


def test_a_done_item_stays_done_when_its_ground_is_taken_away_and_says_so() -> None:
    done = ItemFacts(2, 1, True, needs_items=(1,), act="done")
    assert states(ItemFacts(1, 1, False, act="undone"), done)[2] == ("done", (1,))


def test_with_two_flags_one_that_is_not_applicable_does_not_switch_the_section_off() -> None:
    found = states(ItemFacts(1, 1, False), ItemFacts(2, 1, True, act="not_applicable"), ItemFacts(3, 1, True))
    assert found[1] == ("open", ())


def test_progress_counts_what_applies_and_is_100_only_with_every_item() -> None:
    acts = ["done", "done", "waived", "not_applicable", None]
    progress = progress_of(item_progress([ItemFacts(n, 1, False, act=act) for n, act in enumerate(acts)]).values())
    assert (progress.total, progress.applicable, progress.settled, progress.percent) == (5, 4, 3, 75)
    assert progress.counts[ItemState.OPEN] == 1
    many = [ItemFacts(n, 1, False, act="done" if n else None) for n in range(1000)]
    assert progress_of(item_progress(many).values()).percent == 99
    assert progress_of([]).percent == 100


def test_an_optional_item_holds_up_nothing_and_is_counted_apart() -> None:
    optional = ItemFacts(1, 1, False, optional=True)
    waiting = ItemFacts(9, 2, False, needs_sections=(1,))
    found = item_progress([optional, ItemFacts(2, 1, False, act="done"), waiting])
    assert found[9].waits_for == ()
    progress = progress_of(found.values())
    assert (progress.settled, progress.applicable, progress.optional) == (1, 2, 1)


def test_an_optional_item_that_is_settled_counts_like_any_other() -> None:
    progress = progress_of(item_progress([ItemFacts(1, 1, False, act="done", optional=True)]).values())
    assert (progress.settled, progress.applicable, progress.optional) == (1, 1, 0)


@pytest.mark.parametrize(
    ("first", "second", "others", "over"),
    [
        (None, None, ("open", "open"), ("blocked", (1, 2))),
        ("done", None, ("done", "not_applicable"), ("open", ())),
        ("waived", None, ("waived", "not_applicable"), ("open", ())),
        ("not_applicable", None, ("not_applicable", "open"), ("blocked", (2,))),
        ("undone", None, ("open", "open"), ("blocked", (1, 2))),
        ("done", "done", ("done", "done"), ("open", ())),
        ("done", "signed", ("done", "signed"), ("open", ())),
    ],
)
def test_of_alternatives_one_is_enough(
    first: str | None, second: str | None, others: tuple[str, str], over: tuple[str, tuple[int, ...]]
) -> None:
    found = states(
        ItemFacts(9, 1, False, one_of=(1, 2)), ItemFacts(1, 1, False, act=first), ItemFacts(2, 1, False, act=second)
    )
    assert (found[1][0], found[2][0]) == others
    assert found[9] == over
