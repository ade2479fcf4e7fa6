"""The HTML of an e-mail (pure): tables and inline styles, which is what mail programs agree on; nothing is loaded.

Each colour is given with the one behind it, so that programs that turn pages dark by themselves keep them readable;
those that know `prefers-color-scheme` get the dark colours of the style sheet.
"""

from __future__ import annotations

from html import escape

from detections.alerts.channels.incident_facts import KINDS
from detections.alerts.channels.messages import MOST_ITEMS, MessageFacts, MessageRow, render
from detections.alerts.channels.summary_facts import NOTHING, SummaryFacts, SummaryItem, period, shown_items

COLOURS = {"critical": "#b42318", "high": "#b54708", "medium": "#175cd3"}
QUIET = {"resolved": "#027a48", "acknowledged": "#027a48", "test": "#475467", "summary": "#475467"}
FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
DARK = (
    ":root{color-scheme:light dark;supported-color-schemes:light dark}"
    "@media (prefers-color-scheme:dark){"
    ".page{background:#15181d!important}.card{background:#1f242b!important;border-right-color:#3a414b!important;"
    "border-bottom-color:#3a414b!important;border-left-color:#3a414b!important}"
    ".text{color:#eceff3!important}.soft{color:#aab3bf!important}a.link{color:#8ab4f8!important}}"
)
CELL = f"padding:4px 0;font-size:14px;line-height:20px;vertical-align:top;{FONT}"


def html_of(facts: MessageFacts) -> str:
    """The whole document. Its longest lines are within what mail servers take: the transport encodes them."""
    summary = facts.get("summary")
    body = _sections(summary) if summary else _facts(facts)
    message = render(facts)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">\n'
        f"<title>{escape(message.headline)}</title>\n<style>{DARK}</style></head>\n"
        '<body class="page" style="margin:0;padding:0;background:#f2f4f7">\n'
        '<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" '
        'style="background:#f2f4f7"><tr><td align="center" style="padding:16px 8px">\n'
        '<table role="presentation" class="card" width="100%" cellpadding="0" cellspacing="0" style="max-width:600px;'
        f'background:#ffffff;border:1px solid #d0d5dd;border-top:4px solid {_colour(facts)};border-radius:6px">\n'
        f'<tr><td style="padding:20px 24px;text-align:left">\n{_heading(message.headline)}{body}{_button(facts)}'
        "</td></tr></table>\n</td></tr></table></body></html>\n"
    )


def _colour(facts: MessageFacts) -> str:
    return QUIET.get(facts.get("kind", "")) or COLOURS.get(facts.get("severity", ""), "#175cd3")


def _heading(text: str) -> str:
    style = f"margin:0 0 12px;font-size:18px;line-height:25px;color:#101828;word-break:break-word;{FONT}"
    return f'<h1 class="text" style="{style}">{escape(text)}</h1>\n'


def _facts(facts: MessageFacts) -> str:
    rows = "".join(_row(row) for block in render(facts).blocks for row in block)
    return f'<table role="presentation" width="100%" cellpadding="0" cellspacing="0">\n{rows}</table>\n' if rows else ""


def _row(row: MessageRow) -> str:
    value = f'class="text" style="{CELL};color:#101828;word-break:break-word"'
    if not row.name:
        return f"<tr><td colspan=2 {value}>{_lines(row.value)}</td></tr>\n"
    name = f'class="soft" style="{CELL};color:#475467;width:116px;padding-right:12px"'
    return f"<tr><td {name}>{escape(row.name)}</td>\n<td {value}>{escape(row.value)}</td></tr>\n"


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>\n")


def _sections(summary: SummaryFacts) -> str:
    parts = [_paragraph(period(summary), "soft", "#475467")]
    for title, items, left in shown_items(summary, MOST_ITEMS):
        style = f"margin:16px 0 4px;font-size:15px;line-height:22px;color:#101828;{FONT}"
        lines = "".join(_item(item) for item in items) + (_item({"text": left, "url": ""}) if left else "")
        parts.append(
            f'<h2 class="text" style="{style}">{escape(title)}</h2>\n'
            f'<ul class="text" style="margin:0;padding-left:20px;color:#101828;font-size:14px;line-height:21px;{FONT}">'
            f"\n{lines}</ul>\n"
        )
    if not summary["sections"]:
        parts.append(_paragraph(NOTHING, "text", "#101828"))
    return "".join(parts)


def _item(item: SummaryItem) -> str:
    text = escape(item["text"])
    if _is_web(item["url"]):
        text = f'<a class="link" href="{escape(item["url"])}" style="color:#175cd3">{text}</a>'
    return f'<li style="word-break:break-word">{text}</li>\n'


def _paragraph(text: str, name: str, colour: str) -> str:
    style = f"margin:0 0 8px;font-size:14px;line-height:21px;color:{colour};{FONT}"
    return f'<p class="{name}" style="{style}">{escape(text)}</p>\n'


def _button(facts: MessageFacts) -> str:
    """A button, and the address below it for programs that show none."""
    url = facts.get("url", "")
    if not _is_web(url):
        return ""
    labels = {"test": "Open the target", "summary": "Open the summary"} | dict.fromkeys(KINDS, "Open the incident")
    label = labels.get(facts.get("kind", ""), "Open the alert")
    style = f"display:inline-block;padding:10px 20px;font-size:15px;color:#ffffff;text-decoration:none;{FONT}"
    return (
        '<table role="presentation" cellpadding="0" cellspacing="0" style="margin:20px 0 12px"><tr>'
        f'<td bgcolor="#175cd3" style="background:#175cd3;border-radius:6px">\n<a href="{escape(url)}" '
        f'style="{style}"><strong>{label}</strong></a></td></tr></table>\n'
        f'<p class="soft" style="margin:0;font-size:12px;line-height:18px;color:#475467;word-break:break-all;{FONT}">'
        f'\n<a class="link" href="{escape(url)}" style="color:#175cd3">{escape(url)}</a></p>\n'
    )


def _is_web(url: str) -> bool:
    return url.startswith(("https://", "http://"))
