"""Issues and comments in the form of Jira's REST API v3 (pure).

Texts of events stand in text nodes, in which nothing is a mention or a link.

Documents: https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from detections.alerts.channels.messages import MessageFacts, MessageRow, render

SUMMARY = 255  # characters that Jira takes; no line breaks
LABEL = 255  # characters; no blanks
_NOT_IN_LABEL = re.compile(r"[^A-Za-z0-9._-]")


def issue_body(facts: MessageFacts, project: str, issue_type: str, labels: Sequence[str]) -> dict[str, Any]:
    """The body that creates the issue of an alert. It begins with the alert, whatever message is its first."""
    kind = facts.get("kind", "firing")
    beginning: MessageFacts = facts if kind in ("firing", "test") else facts | {"kind": "firing", "actor": ""}
    message = render(beginning)
    lists = [_list(block) for block in message.blocks]
    meant = facts.get("meant_for")
    last = _paragraph(*([_text(f"For {meant} · ")] if meant else []), *_link(facts))
    return {
        "fields": {
            "project": {"key": project},
            "issuetype": {"name": issue_type},
            "summary": _clean(message.headline)[:SUMMARY],
            "description": _document([*lists, last]),
            "labels": list(dict.fromkeys(labels)),
        }
    }


def comment_body(facts: MessageFacts) -> dict[str, Any]:
    """The body of a comment: what changed, why, and a link."""
    message = render(facts)
    said = [_paragraph(_text(message.headline, strong=True))]
    if facts.get("kind") != "resolved":
        said += [_list(block) for block in message.blocks]
    elif why := facts.get("why"):
        said.append(_paragraph(_text(why)))
    return {"body": _document([*said, _paragraph(*_link(facts))])}


def episode_label(key: str) -> str:
    """The label by which the issue of an episode is found."""
    return _NOT_IN_LABEL.sub("-", key if key.startswith("opsconsole-") else f"opsconsole-{key}")[:LABEL]


def _document(blocks: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "doc", "version": 1, "content": [block for block in blocks if block.get("content")]}


def _list(block: Sequence[MessageRow]) -> dict[str, Any]:
    items = [
        _paragraph(*([_text(f"{row.name}: ", strong=True)] if row.name else []), _text(row.value)) for row in block
    ]
    return {"type": "bulletList", "content": [{"type": "listItem", "content": [item]} for item in items]}


def _paragraph(*nodes: dict[str, Any]) -> dict[str, Any]:
    return {"type": "paragraph", "content": list(nodes)}


def _link(facts: MessageFacts) -> list[dict[str, Any]]:
    url = facts.get("url", "")
    if not url.startswith(("https://", "http://")):
        return []
    text = (
        "Open the target in opsconsole"
        if facts.get("kind") == "test"
        else f"Alert {facts.get('alert', '')} in opsconsole"
    )
    return [{"type": "text", "text": text, "marks": [{"type": "link", "attrs": {"href": url}}]}]


def _text(text: str, *, strong: bool = False) -> dict[str, Any]:
    """A text node, which may not be empty."""
    return {"type": "text", "text": _clean(text) or "…", **({"marks": [{"type": "strong"}]} if strong else {})}


def _clean(text: str) -> str:
    """The text in one line, without characters that are not shown."""
    return "".join(sign if sign.isprintable() else " " for sign in text)
