"""The first text of a postmortem, drafted from the record (pure): markdown with the sections that people fill in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from detections.incidents.postmortem.facts import DraftTimes, PostmortemFacts
from detections.incidents.postmortem.placeholders import ACTION_ITEMS, TITLE
from opsconsole.lib.text.humanize import duration
from opsconsole.lib.text.markdown import autolink, plain

UNKNOWN = "unknown"
LINE_END = re.compile(r"\r\n|\r|\n")  # as markdown has it
# What nobody but people can say; in italics, to be replaced.
ASK_SUMMARY = "_What happened, to whom, and why, in a few sentences._"
ASK_RESPONSE = "_What was done, what helped, what did not._"
ASK_FACTORS = "_What let it come, and what let it last._"
ASK_WELL = "_What went well, and should stay as it is._"
ASKED = (ASK_SUMMARY, ASK_RESPONSE, ASK_FACTORS, ASK_WELL)


def draft(facts: PostmortemFacts, zone: ZoneInfo) -> str:
    """The text. Times in UTC, and in `zone` where that is another one."""
    sections = (
        ("Summary", [facts.summary.strip() or ASK_SUMMARY]),
        ("Impact", _impact(facts, zone)),
        ("Timeline", _timeline(facts, zone)),
        ("Detection", _detection(facts.times, zone)),
        ("Response", _response(facts, zone)),
        ("Contributing factors", _factors(facts)),
        ("What went well", [ASK_WELL]),
        ("Action items", [ACTION_ITEMS]),
    )
    return "\n\n".join([f"# {TITLE}", *(f"## {title}\n\n" + "\n".join(lines) for title, lines in sections)]) + "\n"


def unanswered(text: str) -> list[str]:
    """What the draft asks people and still stands in a text that came of it."""
    return [asked.strip("_") for asked in ASKED if asked in text]


def draft_within(facts: PostmortemFacts, zone: ZoneInfo, most: int) -> str:
    """The text in at most so many characters, so that the sections after the timeline stay whole: where it is too long,
    of notes only the first lines are kept, and then as many lines are left out as it takes, with their number."""
    text = draft(facts, zone)
    if len(text) > most:
        facts = replace(facts, lines=tuple(replace(line, note="") for line in facts.lines))
        text = draft(facts, zone)
    while len(text) > most and facts.lines:
        kept = facts.lines[: len(facts.lines) // 2]
        left = facts.lines_left + len(facts.lines) - len(kept)
        facts = replace(facts, lines=kept, lines_left=left)
        text = draft(facts, zone)
    return text[:most]


def clock(moment: datetime, zone: ZoneInfo) -> str:
    """`2026-06-12 14:00 UTC (10:00 EDT)`; with the date where the zone has another one."""
    utc = moment.astimezone(UTC)
    local = moment.astimezone(zone)
    if local.utcoffset() == utc.utcoffset():
        return f"{utc:%Y-%m-%d %H:%M} UTC"
    day = "" if local.date() == utc.date() else f"{local:%Y-%m-%d} "
    return f"{utc:%Y-%m-%d %H:%M} UTC ({day}{local:%H:%M %Z})"


def _impact(facts: PostmortemFacts, zone: ZoneInfo) -> Iterator[str]:
    impact, times = facts.impact, facts.times
    yield f"- Severity: {plain(facts.severity) or UNKNOWN}"
    yield f"- Affected: {', '.join(map(plain, impact.places)) or UNKNOWN}"
    yield f"- Start of impact: {_start(times, zone)}"
    yield f"- Resolved: {_moment(times.resolved_at, zone, 'not yet')}"
    lasted = _between(times.started_at if times.start_exact else None, times.resolved_at)
    yield f"- Lasted: {lasted or UNKNOWN}"
    if impact.events is None:
        yield "- Errors: none of its alerts counts events"
    else:
        more = "" if impact.complete else "at least "
        yield f"- Errors: {more}{impact.events:,} event{'' if impact.events == 1 else 's'} of its alerts"
        yield f"- People: {plain(impact.people)}"
    if impact.releases:
        yield f"- Releases: {', '.join(map(plain, impact.releases))}"


def _timeline(facts: PostmortemFacts, zone: ZoneInfo) -> Iterator[str]:
    if not facts.lines:
        yield "_No line of the incident's timeline is marked as important._"
    for line in facts.lines:
        who = f" ({plain(line.actor)})" if line.actor else ""
        quoted = quote(line.note, line.text)
        yield f"- {clock(line.at, zone)}{who}:" if quoted else f"- {clock(line.at, zone)}: {plain(line.text)}{who}"
        yield from quoted
    if facts.lines_left:
        yield f"- … and {facts.lines_left:,} more important lines in the incident's timeline"


def quote(note: str, first: str) -> list[str]:
    """The lines of a note as a quotation within an item of a list, which its markdown cannot leave: no heading, list or
    code of it goes on behind it. Empty without a note, and for plain words on one line, which are its `first` line."""
    if not note or (note == first and plain(note) == note):
        return []
    return [f"  > {line}".rstrip() for line in LINE_END.split(note)]


def _detection(times: DraftTimes, zone: ZoneInfo) -> Iterator[str]:
    yield f"- First alert: {_moment(times.detected_at, zone, 'none; it was declared by hand')}"
    yield f"- Time to detect (start of impact to first alert): {_to_detect(times)}"
    yield f"- First acknowledgment: {_moment(times.acknowledged_at, zone, 'none')}"
    acknowledged = _between(times.detected_at, times.acknowledged_at)
    yield f"- Time to acknowledge (first alert to first acknowledgment): {acknowledged or UNKNOWN}"


def _response(facts: PostmortemFacts, zone: ZoneInfo) -> Iterator[str]:
    times = facts.times
    yield f"- Commander: {plain(facts.commander) or 'none'}"
    for role, owner in facts.roles:
        yield f"- {plain(role)}: {plain(owner)}"
    yield f"- Mitigated: {_moment(times.mitigated_at, zone, 'not recorded')}"
    resolved = _between(times.started_at if times.start_exact else None, times.resolved_at)
    yield f"- Time to resolve (start of impact to resolved): {resolved or UNKNOWN}"
    for alert in facts.alerts:
        yield f"- Alert: {plain(alert)}"
    if facts.alerts_left:
        yield f"- … and {facts.alerts_left:,} more alerts"
    for text, url in facts.links:
        yield f"- {plain(text)}" + (f": {autolink(url)}" if url else "")
    yield from ("", ASK_RESPONSE)


def _factors(facts: PostmortemFacts) -> Iterator[str]:
    if facts.bug_class:
        yield f"- Bug class: {plain(facts.bug_class)}"
    for name, description in facts.factors:
        yield f"- {plain(name)}" + (f": {plain(description)}" if description else "")
    if not facts.factors:
        yield from ([""] if facts.bug_class else [])
        yield ASK_FACTORS


def _start(times: DraftTimes, zone: ZoneInfo) -> str:
    if times.started_at is not None and times.start_exact:
        return clock(times.started_at, zone)
    return plain(times.start_text) or UNKNOWN


def _to_detect(times: DraftTimes) -> str:
    start = times.started_at if times.start_exact else None
    if start is None or times.detected_at is None:
        return UNKNOWN
    if times.detected_at < start:
        return f"the first alert came {minutes(start, times.detected_at)} before the start of impact"
    return minutes(start, times.detected_at)


def _between(start: datetime | None, end: datetime | None) -> str:
    """The time between them; empty where one is unknown, or they are in the other order."""
    return minutes(start, end) if start is not None and end is not None and start <= end else ""


def minutes(start: datetime, end: datetime) -> str:
    """`12 minutes`; from an hour on also in hours: `95 minutes (1 h 35 min)`. Whole minutes, the next lower."""
    whole = int(abs((end - start).total_seconds()) // 60)
    long = f" ({duration(whole * 60)})" if whole >= 60 else ""
    return f"{whole:,} minute{'' if whole == 1 else 's'}{long}"


def _moment(moment: datetime | None, zone: ZoneInfo, empty: str) -> str:
    return clock(moment, zone) if moment is not None else empty
