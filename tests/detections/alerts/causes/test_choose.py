"""Which group an alert joins, and who leads: all of it pure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.alerts.causes.choose import (
    STORM_SCOPES,
    Cause,
    Companions,
    GroupChoice,
    LeaderCandidate,
    choose_groups,
    leader_of,
)

GROUPS = st.frozensets(st.integers(1, 5), max_size=3)
COMPANIONS = st.builds(
    Companions,
    narrower=GROUPS,
    failure=GROUPS,
    issue=GROUPS,
    recent=st.dictionaries(st.integers(1, 9), st.integers(1, 5)),
    unexplained=GROUPS,
    shared=st.booleans(),
)
CANDIDATES = st.lists(
    st.builds(
        LeaderCandidate,
        id=st.integers(1, 50),
        severity=st.integers(1, 3),
        narrower=st.booleans(),
        leads=st.booleans(),
        silenced=st.booleans(),
    ),
    min_size=1,
    unique_by=lambda candidate: candidate.id,
)
FOUR = {number: number for number in range(1, STORM_SCOPES)}


@pytest.mark.parametrize(
    ("companions", "choice"),
    [
        (Companions(), GroupChoice()),
        (Companions({4, 2}, {1}, {1}, FOUR, FOUR), GroupChoice(Cause.NARROWER, (2, 4))),
        (Companions((), {1}, {2}, FOUR, FOUR), GroupChoice(Cause.FAILURE, (1,))),
        (Companions((), (), {2}, FOUR, FOUR), GroupChoice(Cause.ISSUE, (2,))),
        (Companions(recent=FOUR, unexplained=FOUR), GroupChoice(Cause.STORM, (1, 2, 3, 4))),
        (Companions(recent={1: 1, 2: 2, 3: 3}, unexplained={1, 2, 3}), GroupChoice()),  # four scopes are no storm
        (Companions(recent=FOUR, unexplained={3}), GroupChoice(Cause.STORM, (3,))),  # the others share an issue
        (Companions(recent=FOUR), GroupChoice()),  # all of them do: this one is something else
        (Companions(recent={1: 7, 2: 6, 3: 7}, shared=True), GroupChoice(Cause.STORM, (7,))),
    ],
)
def test_the_first_that_fits_decides(companions: Companions, choice: GroupChoice) -> None:
    assert choose_groups(companions) == choice


@given(COMPANIONS)
def test_it_joins_only_groups_of_companions_and_none_without_a_cause(companions: Companions) -> None:
    choice = choose_groups(companions)
    known = {*companions.narrower, *companions.failure, *companions.issue, *companions.unexplained}
    assert set(choice.groups) <= known | set(companions.recent.values())
    assert (choice.cause is Cause.ALONE) == (choice.groups == ())
    if companions.narrower:
        assert choice.cause is Cause.NARROWER


@given(CANDIDATES)
def test_the_leader_is_the_severest_that_may_be_told_whatever_the_order(candidates: list[LeaderCandidate]) -> None:
    leader = leader_of(candidates)
    assert leader == leader_of(candidates[::-1])
    may_be_told = [candidate for candidate in candidates if not candidate.silenced]
    assert leader.silenced == (not may_be_told)
    assert leader.severity == max(candidate.severity for candidate in may_be_told or candidates)


@given(CANDIDATES)
def test_who_leads_keeps_leading_unless_another_is_stronger(candidates: list[LeaderCandidate]) -> None:
    first = leader_of(candidates)
    weaker = LeaderCandidate(99, first.severity, first.narrower, silenced=first.silenced)
    assert leader_of([*candidates, weaker]).id != 99


def test_of_equals_the_narrower_leads_then_who_led_then_the_oldest() -> None:
    wide, narrow, led = LeaderCandidate(1, 2), LeaderCandidate(3, 2, narrower=True), LeaderCandidate(2, 2, leads=True)
    assert leader_of([wide, narrow, led]) == narrow
    assert leader_of([wide, led]) == led
    assert leader_of([LeaderCandidate(5, 2), wide]) == wide
