"""The difference of two versions."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from detections.incidents.postmortem.difference import DifferenceLine, difference

TEXTS = st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=30).map("\n".join)


def test_what_was_taken_out_and_put_in_with_lines_around_it() -> None:
    old = "\n".join("abcdefghij")
    assert difference(old, old.replace("e", "E")) == [
        DifferenceLine(" ", "…"),
        DifferenceLine(" ", "c"),
        DifferenceLine(" ", "d"),
        DifferenceLine("-", "e"),
        DifferenceLine("+", "E"),
        DifferenceLine(" ", "f"),
        DifferenceLine(" ", "g"),
    ]


@given(TEXTS)
def test_equal_texts_have_none(text: str) -> None:
    assert difference(text, text) == []


@given(TEXTS, TEXTS)
def test_it_has_as_many_lines_more_as_the_new_text(old: str, new: str) -> None:
    signs = [line.sign for line in difference(old, new)]
    assert signs.count("+") - signs.count("-") == len(new.splitlines()) - len(old.splitlines())
