"""The search language of issues."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.dashboard.issues.search import Search, parse


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", Search()),
        ("is:unresolved", Search(status="unresolved")),
        ("is:triage", Search(triage=True)),
        ("environment:prod level:fatal", Search(environment="prod", level="fatal")),
        ("project:raptor release:raxx-api@2.4.1", Search(project="raptor", release="raxx-api@2.4.1")),
        ("type:RuntimeError verify token", Search(type="RuntimeError", text=("verify", "token"))),
        ('"Console returned 403"', Search(text=("Console returned 403",))),
        ("it's", Search(text=("it", "s"))),
        ("GET:/x", Search(text=("GET:/x",))),
        ("is:odd level:", Search(unknown=("is:odd", "level:"))),
    ],
)
def test_parse(query: str, found: Search) -> None:
    assert parse(query) == found


@given(st.text())
def test_nothing_that_people_type_is_an_error(query: str) -> None:
    assert isinstance(parse(query), Search)
