"""The words of an item as fields of a form, and back."""

from __future__ import annotations

import pytest

from bootstrap.importer.editing.acts import EditRefused
from bootstrap.importer.editing.wording import ANY, ItemWords, put_together, take_apart

ALL = "Restore it (needs `backup` and `host-up`) (two-person) (evidence: file) (optional) (if FLAG_X=1)"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (ALL, ItemWords("Restore it", True, "file", True, "FLAG_X=1", ("backup", "host-up"))),
        ("Restore it (evidence)", ItemWords("Restore it", evidence=ANY)),
        ("Restore it", ItemWords("Restore it")),
        ("(optional) Restore it", ItemWords("(optional) Restore it", optional=True)),
        ("Two people look, two-person", ItemWords("Two people look, two-person", two_person=True)),
    ],
)
def test_marks_at_the_end_come_apart_and_together_again(text: str, words: ItemWords) -> None:
    assert take_apart(text) == words
    assert put_together(words) == text


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (ItemWords("A two-person check"), "two_person"),
        (ItemWords("Look (optional)"), "optional"),
        (ItemWords("Look (evidence: file)", evidence="link"), "evidence"),
        (ItemWords("Look", condition="a) or (b"), "condition"),
    ],
)
def test_words_that_say_otherwise_than_the_fields_are_refused(words: ItemWords, field: str) -> None:
    with pytest.raises(EditRefused, match=f"^{field}: "):
        put_together(words)
