"""Searches over the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.detections.dashboard import builders as make

pytestmark = pytest.mark.django_db


def found(client: Client, address: str, q: str) -> list[Any]:
    answer = client.get(f"/api/v1/{address}/", {"q": q})
    assert answer.status_code == 200
    return [item.get("title") or item["route"] for item in answer.json()["items"]]


def test_issues_and_routes_are_searched(reader: Client) -> None:
    one, other = make.issue(title="E: one", level="fatal"), make.issue(title="E: other", status="resolved")
    checkout, search = make.series("/checkout"), make.series("/search", "GET")
    make.event(one, checkout, tags={"browser": "Safari"})
    make.event(other, search)
    assert found(reader, "issues", "") == ["E: other", "E: one"]
    assert found(reader, "issues", "level:fatal") == found(reader, "issues", "browser:Safari") == ["E: one"]
    assert found(reader, "issues", "is:resolved OR level:fatal") == ["E: other", "E: one"]
    assert found(reader, "routes", "method:GET") == found(reader, "routes", "GET /sea") == ["/search"]


@pytest.mark.parametrize("address", ["issues", "routes"])
def test_what_is_not_understood_is_refused_with_every_sentence(reader: Client, address: str) -> None:
    answer = reader.get(f"/api/v1/{address}/", {"q": "nonsense:1 first-seen:>soon"})
    assert answer.status_code == 422
    problem = answer.json()
    assert [each["field"] for each in problem["errors"]] == ["query.q", "query.q"]
    assert "nonsense" in problem["errors"][0]["message"]
    assert "that is no time that is understood" in problem["detail"]
    assert reader.get(f"/api/v1/{address}/", {"q": "(a"}).status_code == 422
    assert reader.get(f"/api/v1/{address}/", {"q": "x" * 1001}).status_code == 422
    assert reader.get(f"/api/v1/{address}/", {"q": "\0"}).status_code in (400, 422)
