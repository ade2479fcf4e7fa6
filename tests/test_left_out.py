from pathlib import Path

import pytest

from tests.left_out import is_left_out, marks_left_out

TESTS = Path(__file__).parent
FAST = "not browser and not faults and not clients and not slow"


@pytest.mark.parametrize(
    ("expression", "marks"),
    [
        (FAST, {"browser", "faults", "clients", "slow"}),
        ("not slow", {"slow"}),
        ("", set()),
        ("slow", set()),
        ("not browser and slow", set()),
        ("not browser or not slow", set()),
        ("not (browser or slow)", set()),
    ],
)
def test_only_an_expression_that_surely_leaves_a_mark_out_does(expression: str, marks: set[str]) -> None:
    assert marks_left_out(expression) == marks


def test_what_no_test_of_which_runs_is_not_imported() -> None:
    assert is_left_out(TESTS / "browser", marks_left_out(FAST))
    assert is_left_out(TESTS / "test_suite.py", marks_left_out(FAST))
    assert not is_left_out(TESTS / "test_suite.py", marks_left_out("not browser"))
    assert not is_left_out(TESTS / "browser", marks_left_out("not slow"))


@pytest.mark.parametrize("name", ["test_left_out.py", "opsconsole", "api", "slow.txt"])
def test_what_has_others_is(name: str) -> None:
    assert not is_left_out(TESTS / name, marks_left_out(FAST))
