"""What the first text of a postmortem says of each fact of the record."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.incidents.postmortem.draft import (
    ASK_FACTORS,
    ASK_SUMMARY,
    ASK_WELL,
    clock,
    draft,
    draft_within,
    minutes,
)
from detections.incidents.postmortem.facts import DraftImpact, DraftLine, DraftTimes, PostmortemFacts
from detections.incidents.postmortem.placeholders import ACTION_ITEMS, NONE, filled
from opsconsole.lib.text.markdown import render

UTC_ZONE, NEW_YORK = ZoneInfo("UTC"), ZoneInfo("America/New_York")
START = datetime(2026, 6, 12, 14, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TIMES = DraftTimes(
    started_at=START,
    detected_at=START + 7 * MINUTE,
    acknowledged_at=START + 9 * MINUTE,
    mitigated_at=START + 40 * MINUTE,
    resolved_at=START + 95 * MINUTE,
)
FACTS = PostmortemFacts(
    name="INC-12",
    title="Orders fail",
    summary="Orders were refused.",
    severity="SEV-2",
    commander="ada",
    roles=(("communications", "grace"),),
    times=TIMES,
    impact=DraftImpact(1234, "At least 40 people", True, ("raptor/prod",), ("raptor@2",)),
    alerts=("DET-1 on /api/orders, Errors on orders",),
    lines=(DraftLine(START + 3 * MINUTE, "Release raptor@2", "deployer"), DraftLine(START + 9 * MINUTE, "Rolled back")),
    bug_class="Mutable state",
    factors=(("No canary", "A release went everywhere at once."), ("No test", "")),
    links=(("PR #12", "https://git.example/12"), ("DATABASE_URL", "")),
)
TITLES = ["Summary", "Impact", "Timeline", "Detection", "Response", "Contributing factors", "What went well"]


def sections(text: str) -> dict[str, str]:
    parts = re.split(r"(?m)^## (.+)\n\n", text)
    return dict(zip(parts[1::2], (part.strip() for part in parts[2::2]), strict=True))


def test_it_has_the_sections_in_their_order() -> None:
    text = draft(FACTS, UTC_ZONE)
    assert text.startswith("# {title}\n\n## Summary\n")
    assert list(sections(text)) == [*TITLES, "Action items"]
    assert sections(text)["Action items"] == ACTION_ITEMS
    assert sections(text)["What went well"] == ASK_WELL


def test_impact_counts_people_and_events_and_says_how_long() -> None:
    assert sections(draft(FACTS, UTC_ZONE))["Impact"].splitlines() == [
        "- Severity: SEV-2",
        "- Affected: raptor/prod",
        "- Start of impact: 2026-06-12 14:00 UTC",
        "- Resolved: 2026-06-12 15:35 UTC",
        "- Lasted: 95 minutes (1 h 35 min)",
        "- Errors: 1,234 events of its alerts",
        "- People: At least 40 people",
        "- Releases: raptor@2",
    ]


def test_detection_has_the_minutes_to_detect_and_to_acknowledge() -> None:
    assert sections(draft(FACTS, UTC_ZONE))["Detection"].splitlines() == [
        "- First alert: 2026-06-12 14:07 UTC",
        "- Time to detect (start of impact to first alert): 7 minutes",
        "- First acknowledgment: 2026-06-12 14:09 UTC",
        "- Time to acknowledge (first alert to first acknowledgment): 2 minutes",
    ]


def test_timeline_response_and_factors() -> None:
    found = sections(draft(FACTS, UTC_ZONE))
    assert found["Timeline"].splitlines() == [
        "- 2026-06-12 14:03 UTC: Release raptor@2 (deployer)",
        "- 2026-06-12 14:09 UTC: Rolled back",
    ]
    assert found["Response"].splitlines()[:6] == [
        "- Commander: ada",
        "- communications: grace",
        "- Mitigated: 2026-06-12 14:40 UTC",
        "- Time to resolve (start of impact to resolved): 95 minutes (1 h 35 min)",
        "- Alert: DET-1 on /api/orders, Errors on orders",
        "- PR #12: <https://git.example/12>",
    ]
    assert found["Contributing factors"].splitlines() == [
        "- Bug class: Mutable state",
        "- No canary: A release went everywhere at once.",
        "- No test",
    ]


def test_what_is_not_known_is_said_and_asked_for() -> None:
    found = sections(draft(PostmortemFacts("INC-1", "Something"), UTC_ZONE))
    assert found["Summary"] == ASK_SUMMARY
    assert "- Start of impact: unknown\n- Resolved: not yet\n- Lasted: unknown" in found["Impact"]
    assert "none of its alerts counts events" in found["Impact"]
    assert "People" not in found["Impact"]
    assert "first alert): unknown" in found["Detection"]
    assert "declared by hand" in found["Detection"]
    assert found["Contributing factors"] == ASK_FACTORS
    assert "No line" in found["Timeline"]


def test_a_start_that_is_known_to_the_day_gives_no_minutes() -> None:
    times = replace(TIMES, start_exact=False, start_text="2026-06-12")
    found = sections(draft(replace(FACTS, times=times), UTC_ZONE))
    assert "- Start of impact: 2026-06-12\n" in found["Impact"]
    assert "- Lasted: unknown" in found["Impact"]
    assert "first alert): unknown" in found["Detection"]
    assert "acknowledgment): 2 minutes" in found["Detection"]


def test_an_alert_before_the_start_of_impact_is_said() -> None:
    times = replace(TIMES, detected_at=START - 3 * MINUTE)
    found = sections(draft(replace(FACTS, times=times), UTC_ZONE))
    assert "the first alert came 3 minutes before the start of impact" in found["Detection"]


def test_what_was_left_out_has_its_number() -> None:
    facts = replace(FACTS, alerts_left=3, lines_left=1_800, impact=replace(FACTS.impact, complete=False))
    found = sections(draft(facts, UTC_ZONE))
    assert "1,800 more important lines" in found["Timeline"]
    assert "3 more alerts" in found["Response"]
    assert "at least 1,234 events" in found["Impact"]


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("UTC", "2026-06-12 14:00 UTC"),
        ("Africa/Abidjan", "2026-06-12 14:00 UTC"),
        ("America/New_York", "2026-06-12 14:00 UTC (10:00 EDT)"),
        ("Asia/Tokyo", "2026-06-12 14:00 UTC (23:00 JST)"),
        ("Pacific/Auckland", "2026-06-12 14:00 UTC (2026-06-13 02:00 NZST)"),
    ],
)
def test_times_are_in_utc_and_in_the_zone(zone: str, shown: str) -> None:
    assert clock(START, ZoneInfo(zone)) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0 minutes"), (59, "0 minutes"), (60, "1 minute"), (3600, "60 minutes (1 h)")]
)
def test_minutes(seconds: int, shown: str) -> None:
    assert minutes(START, START + timedelta(seconds=seconds)) == shown


NOTE = "### Found it\n\nThe pool is **empty**:\n- `max` is 20\n```\n## not a section\n{action_items}\n"


def test_a_note_is_quoted_whole() -> None:
    lines = (DraftLine(START, "Found it", "ada", NOTE), DraftLine(START, "Rolled back", "ada", "Rolled back"))
    assert sections(draft(replace(FACTS, lines=lines), UTC_ZONE))["Timeline"].splitlines() == [
        "- 2026-06-12 14:00 UTC (ada):",
        "  > ### Found it",
        "  >",
        "  > The pool is **empty**:",
        "  > - `max` is 20",
        "  > ```",
        "  > ## not a section",
        "  > {action_items}",
        "  >",
        "- 2026-06-12 14:00 UTC: Rolled back (ada)",
    ]


@pytest.mark.parametrize(
    "note", [NOTE, "use `max`", "# one", "a  b", "> q", "one\r## two", "```", "    code", "1. a\n\n\tb"]
)
def test_what_a_note_marks_up_stays_within_its_quotation(note: str) -> None:
    lines = (DraftLine(START, "first", "ada", note), DraftLine(START, "Rolled back"))
    html = render(draft(replace(FACTS, lines=lines), UTC_ZONE))
    listed = html.partition("<h2>Timeline</h2>")[2].partition("<h2>Detection</h2>")[0]
    assert listed.count("<blockquote>") == listed.count("</blockquote>") >= 1
    behind = listed.rpartition("</blockquote>")[2]
    assert " ".join(behind.split()) == "</li> <li>2026-06-12 14:00 UTC: Rolled back</li> </ul>"


@given(st.text(max_size=60))
def test_no_note_adds_a_section_or_action_items(note: str) -> None:
    text = draft(replace(FACTS, lines=(DraftLine(START, "first", "", note),)), UTC_ZONE)
    html = render(text)
    assert html.count("<h2>") >= len(TITLES) + 2
    assert [html.count(f"\n<h2>{title}</h2>") for title in TITLES] == [1] * len(TITLES)
    assert filled(text, "INC-12: Orders fail", ["one"]).count("\n- one\n") == 1


def test_of_long_notes_the_first_lines_are_kept_before_lines_are_left_out() -> None:
    lines = tuple(DraftLine(START + n * MINUTE, "first", "", "first\n" + "x" * 900) for n in range(100))
    text = draft_within(replace(FACTS, lines=lines), UTC_ZONE, 50_000)
    assert sections(text)["Timeline"].count("UTC: first") == 100


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_text_of_the_record_adds_no_section_and_no_action_items(title: str, line: str) -> None:
    facts = replace(FACTS, title=title, lines=(DraftLine(START, line, title),), factors=((title, line),))
    text = draft(facts, NEW_YORK)
    assert list(sections(text)) == [*TITLES, "Action items"]
    assert filled(text, "INC-12: Orders fail", ["one"]).count("\n- one\n") == 1


def test_action_items_stand_where_the_text_asks_for_them() -> None:
    text = f"# A\n\n{ACTION_ITEMS}\n\nin a line {ACTION_ITEMS} is kept\n  {ACTION_ITEMS} \n"
    assert filled(text, "", ["[ ] a \\1", "[x] b"]) == (
        f"# A\n\n- [ ] a \\1\n- [x] b\n\nin a line {ACTION_ITEMS} is kept\n- [ ] a \\1\n- [x] b\n"
    )
    assert filled(ACTION_ITEMS, "", []) == NONE


def test_a_long_timeline_leaves_the_sections_after_it_whole() -> None:
    lines = tuple(DraftLine(START + n * MINUTE, "x" * 900) for n in range(200))
    text = draft_within(replace(FACTS, lines=lines), UTC_ZONE, 50_000)
    assert len(text) <= 50_000
    assert sections(text)["Action items"] == ACTION_ITEMS
    kept = sections(text)["Timeline"].count("UTC: x")
    assert f"{200 - kept} more important lines" in text
    assert draft_within(FACTS, UTC_ZONE, 50_000) == draft(FACTS, UTC_ZONE)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("# {title}\n\nA", "# INC-1: B \\1\n\nA"),
        ("\n# {title} \nA", "# INC-1: B \\1\nA"),
        ("# Mine\n\n# {title}\n", "# Mine\n\n# {title}\n"),
        ("{title}", "{title}"),
    ],
)
def test_the_title_stands_in_the_first_heading_where_it_asks_for_it(text: str, shown: str) -> None:
    assert filled(text, "INC-1: B \\1", []) == shown
