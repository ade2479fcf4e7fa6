"""Times, spans and numbers in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from opsconsole.lib.text import humanize

NOW = datetime(2026, 11, 20, 12, 3, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("back", "text"),
    [
        (timedelta(seconds=0), "just now"),
        (timedelta(seconds=4.9), "just now"),
        (timedelta(seconds=5), "5 s ago"),
        (timedelta(seconds=59.9), "59 s ago"),
        (timedelta(seconds=60), "1 min ago"),
        (timedelta(minutes=59, seconds=59), "59 min ago"),
        (timedelta(hours=1), "1 h ago"),
        (timedelta(hours=47), "1 d ago"),
        (timedelta(days=29, hours=23), "29 d ago"),
        (timedelta(days=30), "21 Oct 2026"),
        (-timedelta(minutes=4), "in 4 min"),
    ],
)
def test_ago(back: timedelta, text: str) -> None:
    assert humanize.ago(NOW - back, NOW) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.42, "0.4 s"),
        (45, "45 s"),
        (90, "1 min 30 s"),
        (3600, "1 h"),
        (5400, "1 h 30 min"),
        (183600, "2 d 3 h"),
        (172805, "2 d"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert humanize.duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (950, "950"), (9999, "9,999"), (12345, "12.3k"), (20000, "20k"), (4_100_000, "4.1M"), (0.4, "0.4")],
)
def test_compact(value: float, text: str) -> None:
    assert humanize.compact(value) == text


def test_utc_converts_other_zones() -> None:
    local = NOW.astimezone(tz=None)
    assert humanize.utc(local) == "2026-11-20 12:03:04 UTC"


@pytest.mark.parametrize(
    ("heading", "text"),
    [
        ("Sign Out", "Sign out"),
        ("Two-Factor Authentication", "Two-factor authentication"),
        ("New Password (again)", "New password (again)"),
        ("Use TOTP or WebAuthn", "Use TOTP or WebAuthn"),
        ("\n  Add Security Key\n", "\n  Add security key\n"),
        ("Confirm", "Confirm"),
        ("", ""),
    ],
)
def test_sentence_case(heading: str, text: str) -> None:
    assert humanize.sentence_case(heading) == text
