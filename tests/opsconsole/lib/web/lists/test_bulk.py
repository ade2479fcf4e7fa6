"""What a form may choose for a bulk action; the acts themselves are tested with their lists."""

from __future__ import annotations

import pytest

from opsconsole.lib.web.lists.bulk import ChosenError, ChosenRow, chosen_rows, counted
from opsconsole.lib.web.paging import MAX_PAGE_SIZE


def test_rows_with_what_was_seen_each_once() -> None:
    assert chosen_rows(["7:2", "8:unresolved", "7:2"]) == [ChosenRow(7, "2"), ChosenRow(8, "unresolved")]
    assert chosen_rows(["7:"]) == [ChosenRow(7, "")]
    assert chosen_rows([]) == []


@pytest.mark.parametrize("value", ["", "7", "x:1", "-1:1", "1.5:1", "٣:1", f"{10**18}:1", ":1"])
def test_anything_else_is_refused(value: str) -> None:
    with pytest.raises(ChosenError):
        chosen_rows([value])


def test_no_more_than_a_page() -> None:
    assert len(chosen_rows([f"{number}:1" for number in range(MAX_PAGE_SIZE)])) == MAX_PAGE_SIZE
    with pytest.raises(ChosenError):
        chosen_rows([f"{number}:1" for number in range(MAX_PAGE_SIZE + 1)])


def test_words() -> None:
    assert (counted(1, "alert"), counted(2, "alert")) == ("1 alert", "2 alerts")
