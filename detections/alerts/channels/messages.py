"""The text of a message, from the facts stored with its delivery (pure: no ORM, no clock).

Layout: a headline, a block of facts, a block of who is affected, a link. Values may come from hostile events: here
they are plain text, and each channel escapes them in its own way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, TypedDict

from detections.alerts.channels.incident_facts import IncidentFacts, incident_headline, incident_rows, minute
from detections.alerts.channels.summary_facts import NOTHING, SummaryFacts, period, shown_items, summary_headline

# With these an episode, to a receiver that knows it by its key, is over.
ENDING = frozenset({"resolved", "merged"})
SIRENS = {"critical": "🚨", "high": "⚠️", "medium": "🔸"}
MOST_ITEMS = 10  # of a section of a summary
HEADLINE = 150  # characters of a Slack header
LONGEST_LINE = 250  # of an alert in a message about several
LONGEST_VALUE = 500  # a Slack section holds 3,000 characters; six values and their names stay below it


class ListedAlert(TypedDict, total=False):
    """One alert of a message about several; `state`: new, open or resolved."""

    state: str
    alert: int
    url: str
    rule: str
    severity: str
    group: str
    project: str
    environment: str
    sentence: str


class MessageFacts(TypedDict, total=False):
    """The facts of a message; empty ones are left out of the text. Times as ISO 8601, severity as a word.
    `message_id` is one of this message, `episode` one of all messages of a group; no other console gives either.
    `acknowledged_by`: who has the alert when the message is queued, `quiet`: that it flaps then.
    `others`: how many more alerts of the same cause are open, `members`: their names.
    A message about several alerts has `alerts`, the first of them, `alert_counts` by state, of all, and `key`, one of
    all messages of the policy's group; what is about one alert is about the first. `forwarded`: which target did not
    take it, and why, of a message to the fallback. `probe`: the summary of a probe's run, which is all that its webhook
    gets."""

    message_id: str
    episode: str
    kind: str
    alert: int
    url: str
    rule: str
    title: str
    severity: str
    group: str
    project: str
    environment: str
    host: str
    cause: str
    owner: str
    sentence: str
    message: str
    release: str
    first_seen: str
    events: int
    users: int
    organization: str
    actor: str
    why: str
    acknowledged_by: str
    quiet: bool
    slot_end: str
    meant_for: str
    others: int
    members: str
    summary: SummaryFacts
    incident: IncidentFacts
    probe: dict[str, Any]
    tags: str
    key: str
    forwarded: str
    grouped_by: str
    alerts: list[ListedAlert]
    alert_counts: dict[str, int]


class MessageRow(NamedTuple):
    """One fact of a message; the name is empty for a sentence that speaks for itself."""

    name: str
    value: str

    def __str__(self) -> str:
        return f"{self.name}: {self.value}" if self.name else self.value


@dataclass(frozen=True)
class Message:
    """A message as headline, blocks of facts, and link."""

    headline: str
    blocks: tuple[tuple[MessageRow, ...], ...]
    link: str

    @property
    def text(self) -> str:
        """The whole message as plain text."""
        return "\n\n".join([self.headline, *("\n".join(map(str, block)) for block in self.blocks), self.link])


def render(facts: MessageFacts) -> Message:
    """The message for one delivery."""
    if summary := facts.get("summary"):
        return _summary(summary, facts.get("url", ""))
    if incident := facts.get("incident"):
        rows = tuple(MessageRow(name, value) for name, value in incident_rows(incident) if value)
        blocks = tuple(block for block in (_block(("", facts.get("why"))), rows) if block)
        return Message(_shorten(incident_headline(incident), HEADLINE), blocks, _link(facts))
    if facts.get("alerts"):
        return _of_group(facts)
    what = _block(
        ("Message", facts.get("message")),
        ("Evidence", facts.get("sentence")),
        ("Likely cause", facts.get("cause")),
        ("First response", facts.get("owner")),
        ("Environment", _place(facts)),
        ("Release", facts.get("release")),
        ("First seen", minute(facts.get("first_seen", ""))),
        ("Events", facts.get("events")),
        ("Same cause", facts.get("members")),
        ("Tags", facts.get("tags")),
    )
    whom = _block(("👤 Affected users", facts.get("users")), ("🏢 Organization", facts.get("organization")))
    why = _block(("", facts.get("why")))
    blocks = tuple(block for block in (why, what, whom) if block)
    return Message(_headline(facts), blocks, _link(facts))


def _summary(summary: SummaryFacts, url: str) -> Message:
    """A block for each section."""
    blocks: list[tuple[MessageRow, ...]] = [(MessageRow("", period(summary)),)]
    for title, items, left in shown_items(summary, MOST_ITEMS):
        lines = [title, *(f"• {_shorten(item['text'])}" for item in items), *([f"• {left}"] if left else [])]
        blocks.append(tuple(MessageRow("", line) for line in lines))
    if not summary["sections"]:
        blocks.append((MessageRow("", NOTHING),))
    return Message(_shorten(f"🗒 {summary_headline(summary)}", 150), tuple(blocks), f"🔗 Open in opsconsole: {url}")


def _of_group(facts: MessageFacts) -> Message:
    """The message about several alerts: how many, then a line for each."""
    counts = {state: count for state, count in facts["alert_counts"].items() if count}
    words = ", ".join(f"{count} {'still open' if state == 'open' else state}" for state, count in counts.items())
    sign = "✅" if facts.get("kind") == "resolved" else SIRENS["medium"]
    lines = [MessageRow("", _shorten(_grouped_line(alert), LONGEST_LINE)) for alert in facts["alerts"]]
    if more := sum(counts.values()) - len(lines):
        lines.append(MessageRow("", f"and {more} more"))
    about = _block(("Tags", facts.get("tags")), ("", facts.get("forwarded")))
    headline = _shorten(f"{sign} {words}: {facts.get('grouped_by', '')}", HEADLINE)
    blocks = tuple(block for block in (tuple(lines), about) if block)
    return Message(headline, blocks, _link(facts))


def _link(facts: MessageFacts) -> str:
    return f"🔗 Open in opsconsole: {facts.get('url', '')}"


def _grouped_line(alert: ListedAlert) -> str:
    place = "/".join(filter(None, (alert.get("project"), alert.get("environment"))))
    state = {"new": "New", "open": "Still open", "resolved": "Resolved"}[alert["state"]]
    on = alert.get("group") or place
    says = f": {alert['sentence']}" if alert.get("sentence") and alert["state"] != "resolved" else ""
    return f"{state}, {alert.get('severity', '')}: {alert.get('rule', '')} on {on}{says}"


def _headline(facts: MessageFacts) -> str:
    severity, actor = facts.get("severity", ""), facts.get("actor", "")
    siren, word = SIRENS.get(severity, "🔸"), severity.capitalize()
    by, name = f" by {actor}" if actor else "", _name(facts)
    says = {
        "firing": f"{siren} {word}: {name}",
        "severity": f"{siren} Now {severity}: {name}",
        "resolved": f"✅ Resolved{by}: {name}",
        "acknowledged": f"👀 Acknowledged{by}: {name}",
        "reminder": f"⏳ {word}, acknowledgment{by} runs out: {name}",
        "expired": f"{siren} {word}, acknowledgment ran out: {name}",
        "summary": f"🗒 Daily summary: {name}",
        "escalation": f"{siren} {word}, nobody has it: {name}",
        "handed_over": f"👉 {word}, handed over{by}: {name}",
        "responder": f"🙋 {word}, help asked for{by}: {name}",
        "called_off": f"👋 No longer needed{by}: {name}",
        "flapping": f"🔁 Flapping, quiet until it settles: {name}",
        "updated": f"{siren} {word}: {name}",
        "merged": f"🔗 Part of another alert: {name}",
        "repeated": f"{siren} {word}, still open: {name}",
        "incident": f"📣 Incident update: {name}",
        "incident_due": f"⏰ Incident{by}: {name}",
        "probe": f"📡 Checks of a probe: {name}",
        "test": f"🔔 Test message{by} to {facts.get('title', '')}",
    }
    return _shorten(says[facts.get("kind", "firing")], limit=HEADLINE)


def _name(facts: MessageFacts) -> str:
    """`DET-BETA-003 on /api/beta/preview/* and 4 more`."""
    name = f"{facts.get('rule', '')} on {facts.get('group') or _place(facts)}"
    if host := facts.get("host"):
        name += f" in {host}"
    others = facts.get("others")
    return f"{_shorten(name, limit=100)} and {others:,} more" if others else name


def _place(facts: MessageFacts) -> str:
    """`project/environment`; of a deployment its own words, which name both."""
    environment = facts.get("environment", "")
    named = (environment,) if facts.get("host") else (facts.get("project", ""), environment)
    return "/".join(filter(None, named))


def _block(*rows: tuple[str, object]) -> tuple[MessageRow, ...]:
    found = (MessageRow(name, _shorten(str(value))) for name, value in rows if value not in (None, 0))
    return tuple(row for row in found if row.value)


def _shorten(value: str, limit: int = LONGEST_VALUE) -> str:
    line = " ".join(value.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
