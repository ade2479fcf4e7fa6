"""A Jira Cloud: issues, comments and the search of its REST API v3.

https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/
"""

from __future__ import annotations

import base64
import json
import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.receivers.http_receiver import HttpReceiver, Received, Reply, json_reply

EMAIL = "opsconsole@example.org"
TOKEN = "ATATT3xFfGF0hunter2hunter2hunter2"
PROJECT = "OPS"
MAX_TEXT = 32_767  # characters of a description or a comment
# https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/: what each node may contain
_CONTENT = {
    "doc": {"paragraph", "bulletList", "heading", "rule"},
    "bulletList": {"listItem"},
    "listItem": {"paragraph", "bulletList"},
    "paragraph": {"text", "hardBreak"},
    "heading": {"text"},
}
_MARKS = {"strong": set(), "em": set(), "code": set(), "link": {"href", "title"}}
_FIELDS = {"project", "issuetype", "summary", "description", "labels", "priority"}
_JQL = re.compile(r'project = "(?P<project>[A-Z0-9_]+)" AND labels = "(?P<label>[^"\\]+)" ORDER BY created ASC')


@dataclass
class JiraIssue:
    """`comments` are documents, the newest last."""

    key: str
    fields: dict[str, Any]
    comments: list[dict[str, Any]] = field(default_factory=list)

    @property
    def shown(self) -> str:
        return text_of(self.fields["description"])


class JiraServer(HttpReceiver):
    """`issues` by key. `unindexed`: the search does not see issues, as Jira's does for some seconds."""

    def __init__(self, tls: ssl.SSLContext | None = None, types: tuple[str, ...] = ("Task", "Bug")) -> None:
        super().__init__(tls)
        self.types = types
        self.issues: dict[str, JiraIssue] = {}
        self.unindexed = False

    @property
    def values(self) -> dict[str, str]:
        """Those of a target."""
        return {"site": self.url, "email": EMAIL, "token": TOKEN, "project": PROJECT}

    def answer(self, received: Received) -> Reply:
        login = base64.b64encode(f"{EMAIL}:{TOKEN}".encode()).decode()
        if received.headers.get("authorization") != f"Basic {login}":
            return self.refuse("unauthorized", Reply(401, b"Client must be authenticated to access this resource."))
        if received.headers.get("content-type", "").partition(";")[0] != "application/json":
            return self.refuse("media type", Reply(415))
        try:
            body = json.loads(received.body)
        except ValueError:
            return self._invalid("Unexpected character")
        path = received.path.removeprefix("/rest/api/3/")
        comment = re.fullmatch(r"issue/([^/]+)/comment", path)
        if received.method != "POST" or not received.path.startswith("/rest/api/3/"):
            return self.refuse(f"{received.method} {received.path}", Reply(404))
        if path == "issue":
            return self._create(body)
        if comment:
            return self._comment(comment[1], body)
        return self._search(body) if path == "search/jql" else self.refuse(path, Reply(404))

    def _create(self, body: Any) -> Reply:
        if wrong := dict(field_problems(body, self.types)):
            return self._invalid(**wrong)
        issue = JiraIssue(f"{PROJECT}-{len(self.issues) + 1}", body["fields"])
        self.issues[issue.key] = issue
        return json_reply(201, {"id": "10000", "key": issue.key, "self": f"{self.url}/rest/api/3/issue/10000"})

    def _comment(self, key: str, body: Any) -> Reply:
        if key not in self.issues:
            return self._invalid("Issue does not exist or you do not have permission to see it.", status=404)
        if wrong := list(document_problems(body.get("body") if isinstance(body, dict) else None)):
            return self._invalid(comment="; ".join(wrong))
        self.issues[key].comments.append(body["body"])
        return json_reply(201, {"id": str(len(self.issues[key].comments))})

    def _search(self, body: Any) -> Reply:
        found = _JQL.fullmatch(str(body.get("jql")))
        if not found or not isinstance(body.get("fields"), list) or not 1 <= body.get("maxResults", 50) <= 5000:
            return self._invalid(f"Error in the JQL query or its parameters: {body}")
        issues = [
            {"id": "10000", "key": issue.key, "fields": {"summary": issue.fields["summary"]}}
            for issue in self.issues.values()
            if found["label"] in issue.fields["labels"] and found["project"] == PROJECT and not self.unindexed
        ]
        return json_reply(200, {"issues": issues[: body.get("maxResults", 50)], "isLast": True})

    def _invalid(self, *messages: str, status: int = 400, **errors: str) -> Reply:
        why = "; ".join([*messages, *(f"{name}: {text}" for name, text in errors.items())])
        return self.refuse(why, json_reply(status, {"errorMessages": list(messages), "errors": errors}))


def field_problems(body: Any, types: tuple[str, ...] = ("Task",)) -> Iterator[tuple[str, str]]:
    """Why Jira would refuse the fields of an issue, by field."""
    fields = body.get("fields") if isinstance(body, dict) else None
    if not isinstance(fields, dict):
        yield "fields", "is missing"
        return
    for unknown in sorted(fields.keys() - _FIELDS):
        yield unknown, f"Field '{unknown}' cannot be set. It is not on the appropriate screen, or unknown."
    if fields.get("project") != {"key": PROJECT}:
        yield "project", "valid project is required"
    if (fields.get("issuetype") or {}).get("name") not in types:
        yield "issuetype", "Specify a valid issue type"
    yield from _summary_problems(fields.get("summary"))
    if wrong := "; ".join(document_problems(fields.get("description"))):
        yield "description", wrong
    yield from _label_problems(fields.get("labels", []))


def _summary_problems(summary: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(summary, str) or not summary.strip():
        yield "summary", "You must specify a summary of the issue."
    elif len(summary) > 255:
        yield "summary", "Summary must be less than 255 characters."
    elif len(summary.splitlines()) > 1:
        yield "summary", "The summary is invalid because it contains newline characters."


def _label_problems(labels: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(labels, list) or not all(isinstance(label, str) and label for label in labels):
        yield "labels", "data was not an array of strings"
    elif any(re.search(r"\s", label) for label in labels):
        yield "labels", "The label contains spaces which is invalid."
    elif any(len(label) > 255 for label in labels):
        yield "labels", "The label exceeds 255 characters."


def document_problems(document: Any) -> Iterator[str]:
    """Why a text is no document of the Atlassian Document Format."""
    if not isinstance(document, dict) or document.get("type") != "doc" or document.get("version") != 1:
        yield "Operation value must be an Atlassian Document"
        return
    yield from _node_problems(document)
    if len(text_of(document)) > MAX_TEXT:
        yield f"CONTENT_LIMIT_EXCEEDED: more than {MAX_TEXT} characters"


def text_of(node: Any) -> str:
    """The text of a document, a line for each paragraph."""
    if node.get("type") == "text":
        return str(node["text"])
    between = "" if node.get("type") == "paragraph" else "\n"
    return between.join(map(text_of, node.get("content", [])))


def links_of(node: Any) -> list[str]:
    marks = [mark["attrs"]["href"] for mark in node.get("marks", []) if mark["type"] == "link"]
    return marks + [link for inner in node.get("content", []) for link in links_of(inner)]


def _node_problems(node: Any) -> Iterator[str]:
    kind = node.get("type")
    if kind == "text":
        yield from _text_problems(node)
        return
    content = node.get("content")
    if not isinstance(content, list) or (kind in {"bulletList", "listItem"} and not content):
        yield f"{kind} without content"
        return
    if unknown := node.keys() - {"type", "content", "attrs"} - ({"version"} if kind == "doc" else set()):
        yield f"{kind} with {sorted(unknown)}"
    for inner in content:
        if not isinstance(inner, dict) or inner.get("type") not in _CONTENT.get(kind, ()):
            yield f"{kind} contains {inner!r}"
        else:
            yield from _node_problems(inner)


def _text_problems(node: dict[str, Any]) -> Iterator[str]:
    text = node.get("text")
    if not isinstance(text, str) or not text:
        yield "an empty text node"
    elif re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]", text):
        yield "characters that XML has not"
    for mark in node.get("marks", []):
        if mark.get("type") not in _MARKS or mark.get("attrs", {}).keys() - _MARKS[mark["type"]]:
            yield f"mark {mark!r}"
        elif mark["type"] == "link" and not re.match(r"https?://\S+$", str(mark.get("attrs", {}).get("href", ""))):
            yield f"link {mark!r}"
