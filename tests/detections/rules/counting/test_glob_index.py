"""The index finds what matching each glob with each path finds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.rules.counting import glob_index
from detections.rules.counting.glob_index import GlobIndex
from detections.telemetry.routes import glob

TEXTS = st.text("/a*b\n", max_size=6)
PATHS = st.text("/ab\n", max_size=8)


@given(st.lists(TEXTS, max_size=12), st.lists(PATHS, min_size=1, max_size=3), st.lists(TEXTS, max_size=2))
def test_it_finds_what_each_glob_matches(patterns, paths, named):
    index = GlobIndex((pattern, number) for number, pattern in enumerate(patterns))
    assert index.matching(paths, named) == [
        number
        for number, pattern in enumerate(patterns)
        if pattern in named or any(glob(pattern)(path) for path in paths)
    ]


@pytest.mark.parametrize(
    ("pattern", "path", "found"),
    [
        ("", "/a", True),
        ("*", "", True),
        ("/a", "/a", True),
        ("/a", "/a/b", False),
        ("/a/*", "/a", True),
        ("/a/*", "/a/b/c", True),
        ("/a/*", "/ab", False),
        ("/*", "/a", True),
        ("/*", "a", False),
        ("/a*", "/ab", True),
        ("/*/b", "/a/b", True),
        ("//*", "//a", True),
    ],
)
def test_every_form_of_glob(pattern, path, found):
    assert GlobIndex([(pattern, "it")]).matching([path]) == (["it"] if found else [])


def test_names_and_prefixes_are_looked_up(monkeypatch):
    """A thousand rules on a route each are no thousand matches for each series."""
    matched = []
    monkeypatch.setattr(glob_index, "glob", lambda pattern: matched.append(pattern) or glob(pattern))
    names = [(f"/api/{number}", number) for number in range(500)]
    index = GlobIndex([*names, *((f"/below/{number}/*", number) for number in range(500)), ("/*/c", -1)])
    assert [index.matching([path]) for path in ("/api/7", "/below/8/x/y", "/b/c")] == [[7], [8], [-1]]
    assert matched == ["/*/c"] * 3
