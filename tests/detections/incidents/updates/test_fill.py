"""Templates are filled by name, and by nothing that could be looked up through one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from detections.incidents.updates.default_templates import SHIPPED
from detections.incidents.updates.fill import NAMES, fill, unknown_names

VALUES = dict.fromkeys(NAMES, "x") | {"title": "Orders fail", "affected": ""}


def test_names_are_filled_and_what_is_not_known_is_left_for_the_author() -> None:
    assert fill("{title}: affected {affected}. {severity}", VALUES) == "Orders fail: affected ___. x"


def test_nothing_is_looked_up_through_a_name() -> None:
    for text in ("{title.__class__}", "{title!r}", "{0}", "{ title }", "{}"):
        assert fill(text, VALUES) == text
        assert unknown_names(text) == [text[1:-1]]


@given(value=st.text(max_size=50))
def test_a_value_with_braces_is_taken_as_it_is(value: str) -> None:
    assert fill("{title}", {"title": value}) == (value or "___")
    assert fill("{title}", {"title": "{summary}"}) == "{summary}"


@given(text=st.text(st.characters(exclude_characters="{}"), max_size=50))
def test_a_text_without_names_stays(text: str) -> None:
    assert fill(text, VALUES) == text
    assert unknown_names(text) == []


def test_the_shipped_ones_name_only_what_is_filled() -> None:
    assert [unknown_names(text) for _, _, text in SHIPPED] == [[]] * len(SHIPPED)
