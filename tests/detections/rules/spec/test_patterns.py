"""Patterns of users: what they match, and that none can hang a worker."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.rules.spec.patterns import PatternError, check_pattern, matcher
from detections.telemetry.routes import glob

ROUTE = "/api/beta/preview/{…}/screen/1"


@pytest.mark.parametrize(
    ("pattern", "route", "matches"),
    [
        ("/api/beta/preview/*", ROUTE, True),
        ("/api/beta/preview/*", "/api/beta/preview/", True),
        ("/api/beta/preview/*", "/api/beta/preview", True),  # a route has no slash at its end
        ("/api/beta/preview/*", "/api/beta/previews", False),
        ("/*", "", False),
        ("/api/beta/preview/*", "/v2/api/beta/preview/x", False),
        ("*/screen/?", ROUTE, False),  # ? is literal: it begins a query string
        ("*/screen/*", ROUTE, True),
        ("/a[1]", "/a[1]", True),
        ("/a[1]", "/a1", False),
        ("/a.b", "/axb", False),
        ("/x\n*", "/x\ny\nz", True),
        ("", ROUTE, True),
        ("*", "", True),
    ],
)
def test_globs(pattern, route, matches):
    assert glob(pattern)(route) is matches


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_a_glob_without_star_matches_itself_alone(text):
    pattern = text.replace("*", "")
    assert glob(pattern)(pattern)
    assert not pattern or not glob(pattern)(pattern + "x")


def test_substring_is_no_expression():
    assert matcher("a.b", "substring")("xa.bx")
    assert not matcher("a.b", "substring")("axb")
    assert matcher("a.b", "regex")("axb")
    assert matcher("", "regex")("anything")


def test_catastrophic_patterns_answer():
    assert not matcher("(a+)+$", "regex")("a" * 50_000 + "!")
    assert not glob("*a" * 40)("b" * 50_000)


@pytest.mark.parametrize("pattern", ["(", r"(a)\1", "(?=x)", "a{1000000}"])
def test_what_re2_refuses_is_refused(pattern):
    with pytest.raises(PatternError):
        check_pattern(pattern, "regex")
    check_pattern(pattern, "substring")
