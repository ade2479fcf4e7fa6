"""A daily summary in Slack's Block Kit (pure): header, a section for each part with linked lines, a button.

Limits and escapes are those of `slack_message`; all blocks together have less than Slack takes, whatever is in them.
"""

from __future__ import annotations

from typing import Any

from detections.alerts.channels.slack_text import escaped, header, link, mrkdwn
from detections.alerts.channels.summary_facts import NOTHING, SummaryFacts, SummaryItem, more, period, summary_headline

ITEMS = 8  # of a section
LINE = 200  # characters of a line, escaped; its link comes on top
SECTION = 2000  # characters of a section
ALL = 9000  # of all sections; Slack takes some 13,000 in all blocks together


def summary_message(summary: SummaryFacts, url: str) -> dict[str, Any]:
    """`text` for notifications and `blocks`."""
    headline = summary_headline(summary)
    blocks: list[dict[str, Any]] = [header(f"🗒 {headline}"), _section(escaped(period(summary), LINE))]
    left = ALL
    for section in summary["sections"]:
        text = _lines(section["title"], section["items"][:ITEMS], more(section, ITEMS), min(SECTION, left))
        left -= len(text)
        if text:
            blocks.append(_section(text))
    if not summary["sections"]:
        blocks.append(_section(escaped(NOTHING, LINE)))
    if url:
        label = {"type": "plain_text", "text": "Open the summary"}
        blocks.append({"type": "actions", "elements": [{"type": "button", "text": label, "url": url}]})
        blocks.append({"type": "context", "elements": [mrkdwn(link(url, "Open it"))]})
    return {"text": escaped(headline, SECTION), "blocks": blocks, "unfurl_links": False, "unfurl_media": False}


def _lines(title: str, items: list[SummaryItem], left: str, limit: int) -> str:
    """The title and whole lines, as many as fit."""
    lines = [f"*{escaped(title, LINE)}*", *map(_line, items), *([f"• {left}"] if left else [])]
    text = ""
    for line in lines:
        if len(text) + len(line) + 1 > limit:
            break
        text += line + "\n"
    return text.rstrip("\n")


def _line(item: SummaryItem) -> str:
    text = escaped(" ".join(item["text"].split()), LINE)
    return f"• {link(item['url'], text)}"


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": mrkdwn(text)}
