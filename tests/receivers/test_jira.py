"""The local Jira refuses what Jira refuses."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from opsconsole.lib.outbound.client import Answer, request
from tests.receivers.fixtures import LOOPBACK
from tests.receivers.jira import EMAIL, TOKEN, JiraServer

DOCUMENT = {
    "type": "doc",
    "version": 1,
    "content": [{"type": "paragraph", "content": [{"type": "text", "text": "x"}]}],
}
FIELDS = {
    "project": {"key": "OPS"},
    "issuetype": {"name": "Task"},
    "summary": "x" * 255,
    "description": DOCUMENT,
    "labels": ["a-b"],
}


def call(jira: JiraServer, path: str, body: Any, token: str = TOKEN) -> Answer:
    login = base64.b64encode(f"{EMAIL}:{token}".encode()).decode()
    headers = {"Content-Type": "application/json", "Authorization": f"Basic {login}"}
    url = f"{jira.url}/rest/api/3/{path}"
    return request("POST", url, body=json.dumps(body).encode(), headers=headers, allow=LOOPBACK)


def document(*content: Any) -> dict[str, Any]:
    return {"type": "doc", "version": 1, "content": list(content)}


def test_an_issue_a_comment_and_the_search(jira: JiraServer) -> None:
    assert call(jira, "issue", {"fields": FIELDS}).status == 201
    assert call(jira, "issue/OPS-1/comment", {"body": DOCUMENT}).status == 201
    jql = {"jql": 'project = "OPS" AND labels = "a-b" ORDER BY created ASC', "fields": ["summary"], "maxResults": 1}
    assert [issue["key"] for issue in json.loads(call(jira, "search/jql", jql).body)["issues"]] == ["OPS-1"]
    jira.unindexed = True
    assert json.loads(call(jira, "search/jql", jql).body)["issues"] == []
    assert jira.refused == []


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"project": {"key": "HR"}}, "project"),
        ({"issuetype": {"name": "Incident"}}, "issuetype"),
        ({"summary": " "}, "summary"),
        ({"summary": "x" * 256}, "summary"),
        ({"summary": "a\nb"}, "summary"),
        ({"labels": ["a b"]}, "labels"),
        ({"labels": ["a" * 256]}, "labels"),
        ({"labels": "a"}, "labels"),
        ({"severity": "high"}, "severity"),
        ({"description": "plain text"}, "description"),
        ({"description": {**DOCUMENT, "version": 2}}, "description"),
        ({"description": document({"type": "text", "text": "no paragraph"})}, "description"),
        ({"description": document({"type": "paragraph", "content": [{"type": "text", "text": ""}]})}, "description"),
        ({"description": document({"type": "bulletList", "content": []})}, "description"),
        ({"description": document({"type": "paragraph", "content": [{"type": "mention"}]})}, "description"),
        (
            {"description": document({"type": "paragraph", "content": [{"type": "text", "text": "x" * 32_768}]})},
            "description",
        ),
    ],
)
def test_issues_that_are_refused(jira: JiraServer, changed: dict[str, Any], named: str) -> None:
    answer = call(jira, "issue", {"fields": {**FIELDS, **changed}})
    assert answer.status == 400
    assert list(json.loads(answer.body)["errors"]) == [named]
    assert jira.issues == {}


def test_what_else_is_refused(jira: JiraServer) -> None:
    assert call(jira, "issue", {"fields": FIELDS}, token="other").status == 401
    assert call(jira, "issue/OPS-9/comment", {"body": DOCUMENT}).status == 404
    assert call(jira, "search", {}).status == 404, "the search of former versions is gone"
    assert call(jira, "search/jql", {"jql": "labels = a b", "fields": ["key"]}).status == 400
    assert len(jira.refused) == 4
