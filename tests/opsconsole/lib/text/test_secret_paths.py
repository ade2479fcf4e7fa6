"""Tokens in paths: which segments are words, and segments that no pattern may read in more than one way."""

from __future__ import annotations

import pytest

from opsconsole.lib.text.secret_paths import scrub_path

# Reading such a segment in every way never ends.
_LONG = 5000


@pytest.mark.parametrize("letters", ["z", "Z", "Zzzz", "ZZz", "ZZzzz"])
def test_a_long_segment_of_letters_is_read_in_one_way(letters: str) -> None:
    segment = letters * _LONG

    assert scrub_path(f"/api/{segment}") == f"/api/{segment}"
    assert scrub_path(f"/reset/{segment}1x") == "/reset/{token}"
    assert scrub_path(f"/api/{segment}1x") == "/api/{token}"


@pytest.mark.parametrize(
    ("segment", "kept"),
    [
        ("ReleaseNotes2024Summary", False),  # a number stands only at the beginning or the end
        ("2024ReleaseNotesSummary", True),
        ("ReleaseNotesSummary2024", True),
        ("HTTPServerOverview2024", True),
        ("overviewOfTheHTTPAPI2024", False),  # `Of` is too short for a word
        ("overviewOverHTTPAPI24", True),
        ("ABsummaryOverview2024", False),
        ("ABCsummaryOverview2024", True),
    ],
)
def test_words_and_a_number_are_no_token(segment: str, kept: bool) -> None:
    assert scrub_path(f"/docs/{segment}") == f"/docs/{segment if kept else '{token}'}"
