"""A posture stands by its facts, whenever it is asked: nothing is stored that could go stale."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootstrap.postures.models import Posture
from bootstrap.postures.status import guard_parts, missing_severity, posture_status
from bootstrap.systems.models import ConfigVar
from bootstrap.systems.value_rules.conditions import Facts
from tests.bootstrap.builders import NOON
from tests.bootstrap.postures.builders import GUARD

OFF, ON = Facts({"FLAG_DEMO": False}, {}, 1), Facts({"FLAG_DEMO": True}, {}, 1)


def row(**fields: object) -> Posture:
    values = {
        "variable": ConfigVar(name="REDIS_URL"),
        "guard": GUARD,
        "approved_at": NOON,
        "review_by": (NOON + timedelta(days=60)).date(),
        **fields,
    }
    return Posture(**values)


@pytest.mark.parametrize(
    ("posture", "facts", "state", "why"),
    [
        (row(), OFF, "holds", "FLAG_DEMO is off and there is 1 worker"),
        (row(), ON, "lapsed", "FLAG_DEMO is on"),
        (row(), Facts({"FLAG_DEMO": False}, {}, 2), "lapsed", "there are 2 workers"),
        (row(), Facts(workers=1), "unverified", "FLAG_DEMO was not reported"),
        (row(), Facts(workers=2), "lapsed", "there are 2 workers"),
        (row(approved_at=None), OFF, "proposed", "nobody has approved it"),
        (row(ended_at=NOON), OFF, "ended", "ended 2026-06-12"),
        (row(guard="somebody's word"), OFF, "lapsed", "its guard cannot be read"),
        (row(review_by=(NOON - timedelta(days=1)).date()), OFF, "lapsed", "it was to be reviewed by 2026-06-11"),
    ],
)
def test_how_it_stands(posture: Posture, facts: Facts, state: str, why: str) -> None:
    found = posture_status(posture, facts, NOON)
    assert found.state == state
    assert found.why.startswith(why)
    assert found.eases is (state == "holds")


@pytest.mark.parametrize(("days", "due", "state"), [(15, False, "holds"), (14, True, "holds"), (0, True, "holds")])
def test_it_is_due_two_weeks_before_it_lapses(days: int, due: bool, state: str) -> None:
    found = posture_status(row(review_by=(NOON + timedelta(days=days)).date()), OFF, NOON)
    assert (found.due, found.state) == (due, state)


@pytest.mark.parametrize(
    ("facts", "severity", "why"),
    [
        (OFF, "warning", "accepted by a posture: FLAG_DEMO is off and there is 1 worker"),
        (
            Facts(workers=1),
            "critical",
            "a posture would accept it, but its guard cannot be verified: FLAG_DEMO was not reported",
        ),
        (ON, "critical", "the posture that accepted it has lapsed: FLAG_DEMO is on"),
    ],
)
def test_severity_of_what_is_missing(facts: Facts, severity: str, why: str) -> None:
    found = missing_severity([row()], "REDIS_URL", facts, NOON)
    assert found is not None
    assert (found.severity, found.why) == (severity, why)


@pytest.mark.parametrize("posture", [row(approved_at=None), row(ended_at=NOON), row(variable=ConfigVar(name="OTHER"))])
def test_what_is_not_in_force_says_nothing(posture: Posture) -> None:
    assert missing_severity([posture], "REDIS_URL", OFF, NOON) is None


def test_each_part_of_the_guard_has_its_verdict() -> None:
    found = [(part.text, part.holds) for part in guard_parts(row(), Facts({"FLAG_DEMO": True}))]
    assert found == [("FLAG_DEMO=0", False), ("workers=1", None)]


@given(st.dictionaries(st.just("FLAG_DEMO"), st.booleans()), st.none() | st.integers(0, 3), st.integers(-30, 30))
def test_it_eases_while_its_guard_is_known_to_hold_and_until_its_review(
    flags: dict[str, bool], workers: int | None, days: int
) -> None:
    posture = row(review_by=(NOON + timedelta(days=days)).date())
    found = posture_status(posture, Facts(flags, {}, workers), NOON)
    assert found.eases is (flags.get("FLAG_DEMO") is False and workers == 1 and days >= 0)
