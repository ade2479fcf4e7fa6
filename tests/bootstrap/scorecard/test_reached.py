"""Which level a run has reached: tables, and what holds for any counts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootstrap.scorecard.reached import LevelCounts, reached

LEVELS = ("Basic", "Advanced", "Full")
OPEN, DONE, WAIVED = LevelCounts(open=1), LevelCounts(done=2), LevelCounts(done=1, waived=2)
EMPTY, LEFT_OUT, OPTIONAL = LevelCounts(), LevelCounts(not_applicable=1), LevelCounts(optional=3)


@pytest.mark.parametrize(
    ("counts", "words", "following", "missing"),
    [
        ((OPEN, OPEN, OPEN), "below Basic", "Basic", 1),
        ((DONE, OPEN, OPEN), "Basic", "Advanced", 1),
        ((DONE, OPEN, DONE), "Basic", "Advanced", 1),  # nothing above a gap counts
        ((OPEN, DONE, DONE), "below Basic", "Basic", 1),
        ((DONE, DONE, DONE), "Full", "", 0),
        ((WAIVED, OPEN, DONE), "Basic, with 2 waivers", "Advanced", 1),
        ((DONE, OPEN, WAIVED), "Basic", "Advanced", 1),  # those above the level reached are not its waivers
        ((DONE, WAIVED, LevelCounts(waived=1)), "Full, with 3 waivers", "", 0),
        ((DONE, EMPTY, OPEN), "Advanced", "Full", 1),
        ((LEFT_OUT, OPTIONAL, DONE), "Full", "", 0),
        ((DONE, LevelCounts(open=1, contradicted=1), DONE), "Basic", "Advanced", 1),
    ],
)
def test_a_level_is_reached_with_every_item_of_it_and_of_those_below(
    counts: tuple[LevelCounts, ...], words: str, following: str, missing: int
) -> None:
    found = reached(LEVELS, counts)
    assert (found.words(LEVELS), found.next, found.missing) == (words, following, missing)


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        (OPEN, "not ready"),
        (DONE, "ready"),
        (WAIVED, "ready, with 2 waivers"),
        (WAIVED + OPEN, "not ready"),
        (EMPTY, "ready"),
    ],
)
def test_without_levels_a_checklist_is_ready_or_not(counts: LevelCounts, words: str) -> None:
    assert reached((), [counts]).words(()) == words


COUNTS = st.builds(LevelCounts, *[st.integers(0, 3)] * 4, st.just(0), st.just(0), st.integers(0, 2))


@given(st.lists(COUNTS, min_size=1, max_size=5), st.data())
def test_settling_an_item_never_lowers_the_level(counts: list[LevelCounts], data: st.DataObject) -> None:
    names = [f"Level {number}" for number in range(len(counts))]
    before = reached(names, counts)
    place = data.draw(st.sampled_from(range(len(counts))))
    kind = data.draw(st.sampled_from(["done", "waived", "not_applicable"]))
    after = list(counts)
    if counts[place].open:
        after[place] = replace(counts[place], open=counts[place].open - 1, **{kind: getattr(counts[place], kind) + 1})
    assert reached(names, after).rank >= before.rank
    assert reached(names, after).ready >= before.ready


@given(st.lists(COUNTS, min_size=1, max_size=5))
def test_a_level_reached_implies_every_lower_one(counts: list[LevelCounts]) -> None:
    names = [f"Level {number}" for number in range(len(counts))]
    rank = reached(names, counts).rank
    assert all(each.open == 0 for each in counts[:rank])
    assert rank == len(counts) or counts[rank].open
    assert reached(names, counts).ready is (rank == len(counts))
    for fewer in range(1, rank + 1):
        assert reached(names[:fewer], counts[:fewer]).rank == fewer
