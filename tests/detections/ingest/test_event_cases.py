"""Events that were read wrongly, through digest to the list of issues: how many issues, and what they are called."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from detections.ingest.digest import digest_batch
from detections.telemetry.models import Issue
from tests.detections.builders import NOON, arrive, project
from tests.people import make_viewer

CASES = Path(__file__).parents[2] / "cases" / "events"

pytestmark = pytest.mark.django_db


def case(name: str) -> dict[str, Any]:
    (path,) = CASES.glob(f"{name}-*.json")
    return {"timestamp": NOON.isoformat(), **json.loads(path.read_text())}


@pytest.mark.parametrize(
    ("names", "titles"),
    [
        (("05a", "05b"), ["SIGSEGV: Segfault"] * 2),
        (("10a", "10b"), ["ValueError: item 0 is bad"]),
        (("11",), ["-[Cart total]"]),
        (("23",), ["ConnectionError: db is away"]),
        (("27a", "27b"), ["Error: cart is empty", "Error: payment was refused"]),
        (("28a", "28b"), ["TypeError: x is undefined"]),
        (("29a", "29b"), ["IllegalStateException: bad"]),
        (("29c", "29d"), ["NoMethodError: undefined method"]),
        (("50a", "50b", "50c"), ["TypeError: e.items is not iterable", "TypeError: n.total is not a function"]),
        (("51",), ["IllegalStateException: no items"]),
        (("521",), ["用户12345不存在"]),
        (("53",), ["HTTP GET /cart responded 500 in 31.2500 ms"]),
        (("53b",), ['got {"a": 1} for anna']),
        (("55",), ["-[Cart total]"]),
        (("56a",), ["/orders/17"]),
    ],
)
def test_issues_of_cases(names: tuple[str, ...], titles: list[str]) -> None:
    arrive(project(), *map(case, names))
    digest_batch(NOON)

    assert sorted(Issue.objects.values_list("title", flat=True)) == titles
    assert sum(Issue.objects.values_list("events", flat=True)) == len(names)


def test_a_crash_shows_its_function_and_below_it_what_killed_the_process() -> None:
    arrive(project(), case("11"))
    digest_batch(NOON)
    client = Client()
    client.force_login(make_viewer())

    page = client.get("/issues/?q=").content.decode()

    assert "-[Cart total]" in page
    assert "EXC_BAD_ACCESS: Exception 1, Code 0, Subcode 8" in page


def test_the_type_of_a_group_of_one_is_the_members() -> None:
    """Rules and searches by type find what failed, not the group around it."""
    arrive(project(), case("23"))
    digest_batch(NOON)

    issue = Issue.objects.get()
    assert (issue.exception_type, issue.value, issue.culprit) == ("ConnectionError", "db is away", "shop.db in connect")
    assert issue.grouping["version"] == 2


def test_the_page_of_an_event_of_sentry_java_1_shows_its_stack() -> None:
    arrive(project(), case("51"))
    digest_batch(NOON)
    client = Client()
    client.force_login(make_viewer())

    page = client.get(f"/issues/{Issue.objects.get().pk}/").content.decode()

    assert "IllegalStateException" in page
    assert "Cart.java" in page
    assert "http://shop.example/cart" in page
    assert "anna" in page


def test_the_place_of_a_stack_without_exception_is_its_culprit() -> None:
    """A function that says nothing is not named: a script and `?` say less than the script."""
    frames = [{"function": "main", "module": "shop"}, {"function": "?", "module": "shop.cart"}]
    arrive(project(), {"message": "slow", "stacktrace": {"frames": frames}, "timestamp": NOON.isoformat()})
    digest_batch(NOON)

    assert Issue.objects.get().culprit == "shop.cart"
