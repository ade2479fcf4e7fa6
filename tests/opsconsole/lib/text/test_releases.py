"""Names of releases as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.lib.text.releases import SHOWN, short_release

SHA = "4f1c7a9be02d3c5586aa1790d3e2b4c5d6e7f809"
LONG = SHA + "0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (SHA, "4f1c7a9be02d"),
        (LONG, "4f1c7a9be02d"),
        (f"raptor@{SHA}", "raptor@4f1c7a9be02d"),
        (f"raptor@2.4.1+{SHA}", "raptor@2.4.1+4f1c7a9be02d"),
        (f"app-{SHA}-dirty", "app-4f1c7a9be02d-dirty"),
        ("raptor@2.4.1", "raptor@2.4.1"),
        ("4f1c7a9", "4f1c7a9"),
        (f"v{SHA}", f"v{SHA}"),  # no hash of its own
        (f"{SHA}9", f"{SHA}9"),
        ("20260612140000", "20260612140000"),
        ("550e8400-e29b-41d4-a716-446655440000", "550e8400-e29b-41d4-a716-446655440000"),
    ],
)
def test_hashes_are_cut_and_nothing_else(name: str, shown: str) -> None:
    assert short_release(name) == shown


@given(st.text(max_size=80))
def test_a_name_is_shortened_once(name: str) -> None:
    assert short_release(short_release(name)) == short_release(name)


@given(st.from_regex(r"[0-9a-f]{40}", fullmatch=True))
def test_a_hash_keeps_its_beginning(name: str) -> None:
    assert short_release(name) == name[:SHOWN]
