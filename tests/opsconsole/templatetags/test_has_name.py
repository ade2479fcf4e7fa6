"""Passkeys belong to names."""

from __future__ import annotations

import pytest

from opsconsole.templatetags.console import has_name


@pytest.mark.parametrize("host", ["console.example.org", "localhost:8000", "console.example.org:443"])
def test_a_name(host: str) -> None:
    assert has_name(host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8000", "[::1]:8000", "[::1]"])
def test_an_address(host: str) -> None:
    assert not has_name(host)
