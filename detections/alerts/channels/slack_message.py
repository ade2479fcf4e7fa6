"""A message in Slack's Block Kit (pure): header, what happened, fields, a button, context.

Texts may come from hostile events: & < and > are escaped where Slack would read them as mentions and links, and nothing
is linked by itself (`verbatim`). Limits: https://docs.slack.dev/reference/block-kit/blocks
"""

from __future__ import annotations

from typing import Any

from detections.alerts.channels.messages import MessageFacts, MessageRow, render
from detections.alerts.channels.slack_summary import summary_message
from detections.alerts.channels.slack_text import escaped, header, link, mrkdwn

FIELD = 2000
FIELDS = 10
TEXT = 3000  # of the notification; Slack takes more, phones show less
VALUE = 1000  # characters of one value, escaped
UPDATE = 2900  # of the text of an incident's update; a section takes 3,000
ALL = 9000  # of all values that take the width, which share it; Slack takes some 13,000 in all blocks together
# These take the width of the message; other facts are fields in two columns.
WIDE = frozenset({"", "Message", "Evidence", "Likely cause", "Same cause"})


def slack_message(facts: MessageFacts, meant_for: str = "") -> dict[str, Any]:
    """`text` for notifications and `blocks`. `meant_for`: the channel that the policy means, where the message does not
    go there."""
    if summary := facts.get("summary"):
        return summary_message(summary, _url(facts))
    message = render(facts)
    rows = [row for block in message.blocks for row in block]
    wide_rows = [row for row in rows if row.name in WIDE]
    wide = [_line(row, min(UPDATE if facts.get("incident") else VALUE, ALL // len(wide_rows))) for row in wide_rows]
    fields = [mrkdwn(_line(row)[:FIELD]) for row in rows if row.name not in WIDE][:FIELDS]
    blocks: list[dict[str, Any]] = [header(message.headline)]
    blocks += [{"type": "section", "text": mrkdwn(line)} for line in wide]
    if fields:
        blocks.append({"type": "section", "fields": fields})
    if url := _url(facts):
        open_it = {"type": "plain_text", "text": _opens(facts)}
        blocks.append({"type": "actions", "elements": [{"type": "button", "text": open_it, "url": url}]})
    if context := _context(facts, meant_for):
        blocks.append({"type": "context", "elements": [mrkdwn(context)]})
    return {"text": escaped(message.headline, TEXT), "blocks": blocks, "unfurl_links": False, "unfurl_media": False}


def _opens(facts: MessageFacts) -> str:
    if facts.get("kind") == "test":
        return "Open the target"
    if facts.get("incident"):
        return "Open the incident"
    return "Open the alerts" if facts.get("alerts") else "Open the alert"


def _context(facts: MessageFacts, meant_for: str) -> str:
    """Its link is for clients and notifications that show no button."""
    parts = [f"For {escaped(meant_for, 200)}"] if meant_for else []
    name = f"Alert {facts['alert']}" if facts.get("alert") else ""
    if incident := facts.get("incident"):
        name = incident["name"]
    if counts := facts.get("alert_counts"):
        name = f"{sum(counts.values())} alerts"
    if url := _url(facts):
        name = link(url, name or "Open it")
    if name:
        parts.append(name)
    if (rule := facts.get("rule")) and not counts:
        parts.append(escaped(f"{rule} {facts.get('title', '')}".strip(), 300))
    return " · ".join(parts)


def _url(facts: MessageFacts) -> str:
    url = facts.get("url", "")
    return url if url.startswith(("https://", "http://")) else ""


def _line(row: MessageRow, limit: int = VALUE) -> str:
    value = escaped(row.value, limit)
    return f"*{row.name}:* {value}" if row.name else value
