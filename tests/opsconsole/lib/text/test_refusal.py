"""Refusals on a terminal: what is wrong and what to do on lines of their own."""

from __future__ import annotations

import pytest

from opsconsole.lib.text.refusal import for_terminal


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("It is full. Free some space.", ["It is full.", "  Free some space."]),
        ("One. Two! Three", ["One.", "  Two!", "  Three"]),
        ("Use 127.0.0.1, e.g. with --host. Or stop it.", ["Use 127.0.0.1, e.g. with --host.", "  Or stop it."]),
        ("Nothing to divide", ["Nothing to divide"]),
        ("Lines. As\nthey are. Kept", ["Lines. As", "they are. Kept"]),
        ("", [""]),
    ],
)
def test_one_sentence_a_line(text: str, lines: list[str]) -> None:
    assert for_terminal(text).split("\n") == lines
