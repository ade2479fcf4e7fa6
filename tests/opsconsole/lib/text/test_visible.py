"""Marks of direction in names, and what may be a link."""

from __future__ import annotations

import pytest

from opsconsole.lib.text.visible import changes_direction, is_web_address, visible


def test_marks_of_direction_are_written_out() -> None:
    assert visible("photo\u202egnp.exe") == "photo\\u202egnp.exe"
    assert visible("שלום.log") == "שלום.log"
    assert changes_direction("a\u2066b")
    assert not changes_direction("שלום.log")


@pytest.mark.parametrize("address", ["https://a.example", "HTTP://a.example/b?c#d", "mailto:ada@a.example"])
def test_addresses_of_the_web(address: str) -> None:
    assert is_web_address(address)


@pytest.mark.parametrize(
    "address",
    ["", None, 7, "javascript:alert(1)", "java\nscript:x", "https:", "https://", "https://a b", "ftp://a", "/a",
     "a.example", "\x01https://a", "https://a\x00", "mailto:x"],
)  # fmt: skip
def test_other_addresses(address: object) -> None:
    assert not is_web_address(address)
