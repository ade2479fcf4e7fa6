"""Values of conditions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.telemetry.search import values
from detections.telemetry.search.keys import KEYS, Domain, find_key, keys_of, tag_name
from detections.telemetry.search.language import parse
from detections.telemetry.search.tree import SearchTerm, value_as_written

NOW = datetime(2026, 6, 12, 14, 35, 20, tzinfo=UTC)
DAY, MINUTE = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 6, 1, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("operator", "value", "span"),
    [
        ("", "-24h", (NOW - timedelta(days=1), None)),
        ("", "+2d", (None, NOW - timedelta(days=2))),
        (">", "-90m", (NOW - timedelta(minutes=90), None)),
        ("<=", "-1w", (None, NOW - timedelta(weeks=1))),
        ("", "2026-06-01", (DAY, DAY + timedelta(days=1))),
        (">", "2026-06-01", (DAY + timedelta(days=1), None)),
        (">=", "2026-06-01", (DAY, None)),
        ("<", "2026-06-01", (None, DAY)),
        ("<=", "2026-06-01", (None, DAY + timedelta(days=1))),
        ("", "2026-06-01T14:30", (MINUTE, MINUTE + timedelta(minutes=1))),
        (">=", "2026-06-01 14:30Z", (MINUTE, None)),
        (">=", "2026-06-01T16:30:00+02:00", (MINUTE, None)),
        (">", "2026-06-01T14:30:00", (MINUTE + timedelta(seconds=1), None)),
    ],
)
def test_times(operator: str, value: str, span: tuple[datetime | None, datetime | None]) -> None:
    key = find_key("first-seen")
    assert key is not None
    assert values.span(SearchTerm("first-seen", (value,), operator), key, NOW) == span


@pytest.mark.parametrize(
    ("value", "pattern"),
    [("a*", "a%"), ("*a*b", "%a%b"), ("**", "%"), (r"\*", "*"), (r"50%_\**", r"50\%\_*%"), (r"c:\x*", r"c:\\x%")],
)
def test_wildcards(value: str, pattern: str) -> None:
    read = values.texts([value])
    assert [*read.exact, *read.patterns] == [pattern]


@given(st.text(st.characters(exclude_characters="\0\\", exclude_categories=["Cs"]), max_size=20))
def test_a_value_of_a_row_is_found_as_it_is_written(value: str) -> None:
    node = parse(f"tags[x]:{value_as_written(value)}").node
    assert isinstance(node, SearchTerm)
    assert values.texts(node.values) == ([value], [])


@given(st.text(), st.sampled_from(["", ">", ">=", "<", "<="]), st.sampled_from(KEYS))
def test_a_value_is_read_or_refused_with_a_sentence(value: str, operator: str, key: values.SearchKey) -> None:
    term = SearchTerm(key.name, (value,), operator)
    reads = (values.choices, values.numbers, values.ids, values.whole_values, lambda *given: values.span(*given, NOW))
    said = [_said(read, term, key) for read in reads]
    assert [each for each in said if each is not None and key.name not in each] == []


def _said(read: Callable[..., object], term: SearchTerm, key: values.SearchKey) -> str | None:
    """What a refusal says; None where the value was read."""
    try:
        read(term, key)
    except values.ConditionRefusedError as error:
        return str(error)
    return None


def test_keys_have_one_meaning_each() -> None:
    names = [name for key in KEYS for name in (key.name, *key.aliases)]
    folded = [name.lower().replace("_", "").replace("-", "") for name in names]
    assert len(set(folded)) == len(folded) - _same_twice(folded)
    for key in KEYS:
        for name in (key.name, *key.aliases):
            assert find_key(name) is key
        assert key.example.startswith(f"{key.name}:")
    assert {key.name for key in keys_of(Domain.ROUTES)} == {
        *("environment", "project", "route", "method", "first-seen", "last-seen")
    }


def _same_twice(folded: list[str]) -> int:
    """Aliases that only differ in how they are joined, as `error_type`."""
    return sum(folded.count(name) - 1 for name in set(folded))


def test_tags_by_name() -> None:
    assert [tag_name(key) for key in ("tags[a.b]", 'tags["a b"]', "level")] == ["a.b", "a b", None]
