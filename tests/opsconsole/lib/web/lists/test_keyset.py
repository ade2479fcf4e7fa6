"""Keyset paging: whatever the order, going on and back shows each row once, in the database as in memory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import Q
from hypothesis import given
from hypothesis import strategies as st

from detections.telemetry.models import Issue, Project
from opsconsole.lib.web.lists.keyset import Either, take
from opsconsole.lib.web.lists.order import Order, ascending, descending, place_of, reverse

NOON = datetime(2026, 6, 12, 12, tzinfo=UTC)
ORDERS = {
    "newest": (descending("last_seen", datetime), descending("pk", int)),
    "oldest": (ascending("last_seen", datetime), ascending("pk", int)),
    "mixed": (
        descending("events", int),
        ascending("project__slug", str),
        ascending("last_seen", datetime),
        descending("pk", int),
    ),
}


@dataclass(frozen=True)
class Item:
    pk: int
    size: int
    name: str


def walk(source: Any, order: Order, size: int, *, keys_first: bool = False) -> list[list[Any]]:
    """All pages, by going on from each page's last row."""
    pages, after = [], None
    while True:
        taken = take(source, order, size, after, keys_first=keys_first)
        pages.append(taken.rows)
        if not taken.more:
            return pages
        after = place_of(taken.rows[-1], order)


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from("ab")), max_size=25), st.integers(1, 7), st.booleans())
def test_pages_of_items_hold_each_once_in_order(values: list[tuple[int, str]], size: int, down: bool) -> None:
    items = [Item(pk, number, name) for pk, (number, name) in enumerate(values)]
    order: Order = (
        descending("size", int) if down else ascending("size", int),
        ascending("name", str),
        descending("pk", int),
    )
    wanted = sorted(items, key=lambda item: (-item.size if down else item.size, item.name, -item.pk))
    assert [item for page in walk(items, order, size) for item in page] == wanted
    assert [item for page in walk(items, reverse(order), size) for item in page] == wanted[::-1]


@pytest.fixture
def issues(db: None) -> None:
    """150 issues of two projects in which every key but the last has many equal values."""
    projects = [Project.objects.create(slug=slug, name=slug) for slug in ("raptor", "shop")]
    Issue.objects.bulk_create(
        Issue(
            project=projects[number % 2],
            title=f"{number}",
            level="error",
            events=number % 3 // 2,  # 100 of them have none
            first_seen=NOON,
            last_seen=NOON - timedelta(minutes=number % 5),
        )
        for number in range(150)
    )


@pytest.mark.parametrize("name", ORDERS)
@pytest.mark.usefixtures("issues")
def test_the_database_pages_as_memory_does(name: str) -> None:
    order, rows = ORDERS[name], Issue.objects.select_related("project")
    for way in (order, reverse(order)):
        assert walk(rows, way, 40) == walk(rows, way, 40, keys_first=True) == walk(list(rows), way, 40)
        assert [len(page) for page in walk(rows, way, 40)] == [40, 40, 40, 30]


@pytest.mark.parametrize("name", ORDERS)
@pytest.mark.usefixtures("issues")
def test_rows_of_either_condition_are_paged_as_one_list(name: str) -> None:
    order, rows = ORDERS[name], Issue.objects.select_related("project")
    conditions = (Q(events=1), Q(project__slug="shop"), Q(events=9))
    either, both = Either(rows, conditions), rows.filter(Q(events=1) | Q(project__slug="shop"))
    for way in (order, reverse(order)):
        assert walk(either, way, 20) == walk(both, way, 20)
    assert either.count(1000) == both.count()
    assert either.count(60) == 60


@pytest.mark.usefixtures("issues")
def test_more_than_a_hundred_equal_rows_are_paged() -> None:
    """django-ninja's CursorPagination fails there (docs/decisions/0012-lists.md)."""
    order = (ascending("first_seen", datetime), ascending("pk", int))
    assert sum(len(page) for page in walk(Issue.objects.all(), order, 50)) == 150


@pytest.mark.usefixtures("issues")
def test_a_page_is_one_query(django_assert_num_queries: Any) -> None:
    order = ORDERS["newest"]
    with django_assert_num_queries(1):
        first = take(Issue.objects.all(), order, 10)
    with django_assert_num_queries(1):
        take(Issue.objects.all(), order, 10, place_of(first.rows[-1], order))


@pytest.mark.usefixtures("issues")
def test_with_the_keys_first_only_the_rows_of_the_page_are_joined(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2) as made:
        take(Issue.objects.select_related("project"), ORDERS["newest"], 10, keys_first=True)
    keys, rows = (query["sql"] for query in made.captured_queries)
    assert "JOIN" not in keys
    assert "JOIN" in rows
    with django_assert_num_queries(1):
        assert take(Issue.objects.filter(events=9), ORDERS["newest"], 10, keys_first=True).rows == []
