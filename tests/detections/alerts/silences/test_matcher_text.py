"""Matchers written in a line are read back equal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.alerts.silences.draft import everything
from detections.alerts.silences.matcher_text import TextError, labels_from, labels_text, words_from, words_text

WORD = st.text(st.characters(codec="utf-8", exclude_characters=",=\0"), min_size=1).map(str.strip).filter(bool)


@given(st.lists(WORD, unique=True))
def test_words_survive_the_line(words: list[str]) -> None:
    assert words_from(words_text(words), "rule") == words


@given(st.dictionaries(WORD, st.lists(WORD, min_size=1, max_size=3, unique=True), max_size=3))
def test_labels_survive_the_line(labels: dict[str, list[str]]) -> None:
    matchers = {f"label:{name}": words for name, words in labels.items()}
    assert labels_from(labels_text(matchers)) == matchers


def test_a_group_keeps_its_commas() -> None:
    assert words_from("/a,b, /c", "group") == ["/a,b", "/c"]
    assert words_from("a,b", "rule") == ["a", "b"]


@pytest.mark.parametrize("text", ["team", "=x", "team=", "a=b, c"])
def test_a_label_is_name_and_value(text: str) -> None:
    with pytest.raises(TextError, match="name=value"):
        labels_from(text)


@pytest.mark.parametrize(
    ("matchers", "all_of_them"),
    [
        ({}, True),
        ({"rule": ["*"]}, True),
        ({"rule": ["X", "***"], "group": ["*"]}, True),
        ({"rule": ["DET-*"]}, False),
        ({"rule": ["*"], "severity": ["high"]}, False),
        ({"label:team": ["*"]}, False),
        ({"tag": ["*"]}, False),
    ],
)
def test_what_matches_every_alert(matchers: dict[str, list[str]], all_of_them: bool) -> None:
    assert everything(matchers) is all_of_them
