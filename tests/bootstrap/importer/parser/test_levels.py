"""Levels of items: every way in which runbooks tell them, and what looks like a level and is none."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootstrap.importer import ParsedRunbook, read_runbook
from bootstrap.importer.markdown.render import render
from bootstrap.importer.parser.level_words import rung_of, rung_of_heading
from bootstrap.importer.review.preview import preview
from bootstrap.importer.review.summary import summary


def read(body: str) -> ParsedRunbook:
    return read_runbook(f"# Launch checklist\n\n{textwrap.dedent(body)}")


def levels(body: str) -> list[str]:
    return [item.level for item in read(body).items]


def ladder(body: str) -> tuple[str, ...]:
    (checklist,) = read(body).checklists
    return checklist.levels


MATRIX = """
    | Check name | Description | Basic | Full |
    |---|---|---|---|
    | Backups | A copy is kept | :white_check_mark: | :white_check_mark: |
    | Restore | A copy was read back | | :white_check_mark: |
"""


@pytest.mark.parametrize(
    ("body", "ladder_", "found"),
    [
        (MATRIX, ("Basic", "Full"), ["Basic", "Full"]),
        ("- [ ] (P1) a\n- [ ] (P0) b\n", ("P0", "P1"), ["P1", "P0"]),
        ("- [ ] [gold] a\n- [ ] b (silver)\n", ("silver", "gold"), ["gold", "silver"]),
        ("- [ ] P0: a\n- [ ] P2 b\n", ("P0", "P2"), ["P0", "P2"]),
        ("- [ ] **MUST**: a\n- [ ] **SHOULD**: b\n", ("MUST", "SHOULD"), ["MUST", "SHOULD"]),
        ("- [ ] Copies MUST be kept\n- [ ] Logs MAY be kept\n", ("MUST", "MAY"), ["MUST", "MAY"]),
        (
            "## Basic\n\n- [ ] a\n\n## Advanced checks\n\n### Deep\n\n- [ ] b\n",
            ("Basic", "Advanced"),
            ["Basic", "Advanced"],
        ),
        (
            "## Level 1 — first\n\n- [ ] a\n\n## Level 2: next\n\n- [ ] b\n",
            ("Level 1", "Level 2"),
            ["Level 1", "Level 2"],
        ),
        ("**Gold**\n\n- [ ] a\n\n**Bronze:**\n\n- [ ] b\n", ("Bronze", "Gold"), ["Gold", "Bronze"]),
        ("| Task | Level |\n|---|---|\n| a | must |\n| b | optional |\n", ("must", "optional"), ["must", "optional"]),
        ("| Task | Priority |\n|---|---|\n| a | low |\n| b | High |\n", ("High", "low"), ["low", "High"]),
        ("| Task | Maturity |\n|---|---|\n| a | Walk |\n| b | Run |\n", ("Walk", "Run"), ["Walk", "Run"]),
        ("| Task | Tier |\n|---|---|\n| a | Tier 2 |\n| b | Tier 1 |\n", ("Tier 1", "Tier 2"), ["Tier 2", "Tier 1"]),
        ("🟢 basic, 🔵 full\n\n- [ ] 🔵 a\n- [ ] b 🟢\n", ("basic", "full"), ["full", "basic"]),
        ("- 🟢 = Basic\n- 🔵 = Full\n\nThen:\n\n- [ ] 🟢 a\n- [ ] 🔵 b\n", ("Basic", "Full"), ["Basic", "Full"]),
        (
            ":green_circle: basic; :large_blue_circle: full\n\n| Task | For |\n|---|---|\n| a | :green_circle: |\n"
            "| b | :large_blue_circle: |\n",
            ("basic", "full"),
            ["basic", "full"],
        ),
        ("- [ ] (P0) a\n  - [ ] a part\n- [ ] (P1) b\n", ("P0", "P1"), ["P0", "P0", "P1"]),
        ("- [ ] a\n  - Level: gold\n- [ ] b\n  - Level: silver\n", ("silver", "gold"), ["gold", "silver"]),
        ("- [ ] Priority: keep it\n- [ ] b (required)\n- [ ] c (optional)\n- [ ] d\n", (), ["", "", "", ""]),
    ],
)  # fmt: skip
def test_a_level_is_read_wherever_runbooks_tell_it(body: str, ladder_: tuple[str, ...], found: list[str]) -> None:
    assert (ladder(body), levels(body)) == (ladder_, found)


@pytest.mark.parametrize(
    "body",
    [
        "- [ ] (P0) a\n- [ ] (P0) b\n",  # one rung is no ladder
        "- [ ] Full backup (gold copy)\n- [ ] Basic auth works\n",
        "- [ ] It MUST work\n- [ ] It SHOULD too\n- [ ] c\n- [ ] d\n- [ ] e\n",  # emphasis
        "- [ ] ALL THAT MUST BE\n- [ ] ALL THAT MAY BE\n",
        "🟢 done, 🔴 blocked\n\n- [ ] 🟢 a\n- [ ] 🔴 b\n",  # states
        "| Task | Staging | Production |\n|---|---|---|\n| a | x | x |\n| b | | x |\n",  # environments
        "## Core\n\n- [ ] a\n\n## Sentry\n\n- [ ] b\n",
    ],
)
def test_ordinary_words_are_no_levels(body: str) -> None:
    assert ladder(body) == ()
    assert set(levels(body)) == {""}


def test_the_codes_of_a_legend_make_no_items() -> None:
    runbook = read("- 🟢 basic\n- 🔵 full\n\n| Task | Level |\n|---|---|\n| a | 🟢 |\n| b | 🔵 |\n")
    assert [(item.text, item.level) for item in runbook.items] == [("a", "basic"), ("b", "full")]
    assert any("what the codes of levels mean" in note.text for note in runbook.unsure)


def test_items_without_a_level_are_told() -> None:
    runbook = read("- [ ] (P0) a\n- [ ] (P1) b\n- [ ] c\n")
    assert [note.text for note in runbook.unsure] == [
        "1 item has no level; the highest one, “P1”, waits for them too",
    ]


def test_preview_and_summary_name_the_levels() -> None:
    text = f"# Launch checklist\n{textwrap.dedent(MATRIX)}"
    runbook = read_runbook(text)
    understood = [each for row in preview(text, runbook, []) for each in row.understood]
    assert "checklist “launch-checklist” (go-live); levels, lowest first: Basic, Full" in [
        each.text for each in understood
    ]
    assert [each.badges for each in understood if each.badges] == [("Basic",), ("Full",)]
    assert [item["level"] for item in summary(runbook)["items"]] == ["Basic", "Full"]


WORDS = ["Bronze", "silver", "Gold", "P0", "P1", "MUST", "should", "Level 3", "full", "backups", "low"]


@given(st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(["({}) x", "{}: x", "x {}", "{} x"])), max_size=8))
def test_each_level_of_an_item_is_one_of_its_checklist_and_survives_the_export(drawn: list[tuple[str, str]]) -> None:
    runbook = read("".join(f"- [ ] {form.format(word)} {n}\n" for n, (word, form) in enumerate(drawn)))
    for checklist in runbook.checklists:
        own = [item.level for section in checklist.sections for item in section.items]
        assert set(own) - {""} == set(checklist.levels)
        assert len(checklist.levels) != 1
        assert len(set(checklist.levels)) == len(checklist.levels)
    again = read_runbook(render(runbook.blocks))
    assert [(item.key, item.level) for item in again.items] == [(item.key, item.level) for item in runbook.items]


@pytest.mark.parametrize("word", ["", " ", "full stop", "the basics of it", "12", "level", "P", "P123"])
def test_other_words_are_on_no_ladder(word: str) -> None:
    assert rung_of(word) is None


def test_a_heading_may_explain_its_level() -> None:
    found = rung_of_heading("Gold (24/7): all of it")
    assert found is not None
    assert (found.ladder, found.word) == ("metal", "Gold")
