"""YAML: what is written is read back equal, and what cannot be read is one error with its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.lib.text import yaml

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from(" \n\t\r\x85\u2028#:-|>'\""))


@given(st.dictionaries(TEXT, TEXT | st.lists(TEXT, max_size=3), max_size=3))
def test_what_is_dumped_is_read_back_equal(value: dict[str, object]) -> None:
    assert yaml.load(yaml.dump(value)) == value


def test_lists_are_indented_and_long_texts_are_blocks() -> None:
    shared = ["a"]
    assert yaml.dump({"b": shared, "a": shared, "text": "one\ntwo\n"}) == (
        "b:\n  - a\na:\n  - a\ntext: |\n  one\n  two\n"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: [\n", "line 3: "),
        ("a: 2026-99-99", "cannot be read as what it looks like"),
        ("[" * 5000, "nested too deeply"),
        ("a: 1\n---\nb: 2", "more than one document"),
    ],
)
def test_what_cannot_be_read_is_one_error(text: str, message: str) -> None:
    with pytest.raises(yaml.YamlError, match=message):
        yaml.load(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [("a: 1\na: 2\n", "line 2: a stands there twice"), ("a: &x [1]\nb: *x\n", "references")],
)
def test_strict_refuses_what_hides_mistakes(text: str, message: str) -> None:
    assert yaml.load(text)
    with pytest.raises(yaml.YamlError, match=message):
        yaml.load(text, strict=True)


@pytest.mark.parametrize(
    ("path", "line"), [((), 1), (("a",), 1), (("a", 1), 3), (("a", 1, "c"), 4), (("a", 1, "no"), 3), (("no",), 1)]
)
def test_the_line_of_a_path_or_of_what_is_above_it(path: tuple[str | int, ...], line: int) -> None:
    assert yaml.line_of("a:\n  - b\n  - b: 1\n    c: 2\n", path) == line
