"""What `-m "not browser and not slow"` leaves out is not imported, nor are its parameters made: a pytest plugin.

pytest collects everything before it deselects by marks, in each process of a run.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

# Tests that take more than 0.2 s of processor time by themselves: marked slow, and so left out of bin/test --fast. To
# write the list anew, measure on a free machine (pytest --durations=0 -vv) and put the names without parameters here.
SLOW = frozenset(Path(__file__).with_name("slow.txt").read_text().split())
FOLDERS = ("browser", "faults", "clients")  # whose tests have the mark of their name
ALL_SLOW = "\npytestmark = pytest.mark.slow\n"


def marks_left_out(expression: str) -> frozenset[str]:
    """The marks that an expression of only `not NAME` joined by `and` leaves out; none for any other."""
    terms = [re.fullmatch(r"not (\w+)", term.strip()) for term in expression.split(" and ")]
    return frozenset(term[1] for term in terms if term) if all(terms) else frozenset()


def is_left_out(path: Path, marks: frozenset[str]) -> bool:
    """Whether all tests of the file or folder have one of the marks."""
    if path.is_dir():
        return path.name in marks.intersection(FOLDERS) and path.parent.name == "tests"
    return "slow" in marks and path.suffix == ".py" and ALL_SLOW in path.read_text()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return is_left_out(collection_path, marks_left_out(config.option.markexpr)) or None


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: pytest.Collector, name: str) -> list[Any] | None:
    if f"{collector.nodeid}::{name}" not in SLOW:
        return None
    return [] if "slow" in marks_left_out(collector.config.option.markexpr) else None


def pytest_itemcollected(item: pytest.Item) -> None:
    if item.nodeid.partition("[")[0] in SLOW:
        item.add_marker(pytest.mark.slow)
