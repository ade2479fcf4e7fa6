"""Runbooks that were read wrongly (tests/cases/runbooks), and more of the same kinds."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from bootstrap.importer import ParsedRunbook, read_file, read_runbook
from bootstrap.importer.markdown.decode import NotARunbook
from bootstrap.importer.markdown.render import render
from bootstrap.importer.parser.variables.rules import format_of
from bootstrap.importer.text_to_runbook import nothing_to_store

CASES = Path(__file__).parents[2] / "cases" / "runbooks"


def case(number: str) -> str:
    (path,) = CASES.glob(f"{number}-*.md")
    return textwrap.dedent(path.read_text().split("Input:\n", 1)[1]).strip() + "\n"


def read(text: str) -> ParsedRunbook:
    return read_file(text.encode(), "runbook.md")[1]


def keys(runbook: ParsedRunbook) -> list[str]:
    return [item.key for item in runbook.items]


def texts(text: str) -> list[str]:
    return [item.text for item in read(text).items]


def unsure(runbook: ParsedRunbook) -> str:
    return "\n".join(f"{note.line}: {note.text}" for note in runbook.unsure)


def test_01_a_heading_called_checklist_hides_no_boxes_elsewhere() -> None:
    (checklist,) = read(case("01")).checklists
    assert [section.slug for section in checklist.sections] == ["before", "security-checklist"]
    assert len(keys(read(case("01")))) == 3


def test_01_named_checklists_stay_apart_where_they_hold_every_box() -> None:
    text = "# Handbook\n\nWords.\n\n## On-call checklist\n\n- [ ] a\n\n## Review checklist\n\n- [ ] b\n"
    assert [checklist.slug for checklist in read(text).checklists] == ["on-call-checklist", "review-checklist"]


def test_01_a_box_outside_of_named_checklists_makes_one_of_all_and_says_so() -> None:
    text = "# Handbook\n\n## On-call checklist\n\n- [ ] a\n\n## Elsewhere\n\n- [ ] b\n"
    runbook = read(text)
    assert [(checklist.slug, len(checklist.sections)) for checklist in runbook.checklists] == [("handbook", 2)]
    assert "1: boxes lie outside of “On-call checklist” too" in unsure(runbook)


def test_05_a_list_of_ticks_and_crosses_is_no_list_of_items() -> None:
    runbook = read(case("05"))
    assert keys(runbook) == ["alpha-ready"]
    assert "7: 2 points begin with a tick or cross, and none beside is open; kept as text" in unsure(runbook)
    assert read(case("06")).checklists == ()


@pytest.mark.parametrize(
    ("points", "found"),
    [
        ("- ✅ one\n- ☐ two\n", ["one", "two"]),
        ("- ❌ one\n- [ ] two\n", ["one", "two"]),
        ("- :white_check_mark: one\n- :white_large_square: two\n", ["one", "two"]),
        ("- ☑ one\n- ☒ two\n", ["one", "two"]),
        ("- ☑️ one\n- ⬜️ two\n", ["one", "two"]),
        ("☐ one\n☐ two,\nwhich goes on\n", ["one", "two, which goes on"]),
        ("Do these:\n☐ one\n", ["one"]),
        ("- ✔ one\n- ✖ two\n\n- [ ] three\n", ["one", "two", "three"]),
        ("- ✔ one\n- ✖ two\n\nThen:\n\n* [ ] three\n", ["three"]),
        ("&#9744; one\n&#x2611; two\n", ["one", "two"]),
    ],
)
def test_05_a_tick_or_cross_is_a_box_beside_an_open_one(points: str, found: list[str]) -> None:
    assert texts(f"# Launch checklist\n\n{points}") == found


def test_07_front_matter_gives_the_title_and_stays() -> None:
    runbook = read(case("07"))
    assert (runbook.title, dict(runbook.facts)) == ("Cache down", {"weight": "20"})
    assert (keys(runbook), runbook.checklists[0].slug) == (["look-at-the-memory"], "cache-down")
    written = render(runbook.blocks)
    assert written.startswith("---\ntitle: Cache down\nweight: 20\n---\n\n## Steps")
    assert read_runbook(written).title == "Cache down"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ('+++\ntitle = "Cache down"\ndate = 2026-01-01\n+++\n\n## Steps\n\n- [ ] a\n', "Cache down"),
        ("---\ntitle: 'Cache: down'\n...\n\n## Steps\n\n- [ ] a\n", "Cache: down"),
        ("---\ntitle: Wiki page\n---\n\n# Cache down\n\n- [ ] a\n", "Cache down"),
        ("---\n\n# Cache down\n\n---\n\n- [ ] a\n", "Cache down"),
        ("---\ntitle: Cache down\n---\n\n# Overview\n\nWords.\n\n# Steps\n\n- [ ] a\n", "Cache down"),
        ("---\nowner: ops\n---\n\n# Overview\n\nWords.\n\n# Steps\n\n- [ ] a\n", "Overview"),
    ],
)
def test_07_titles_of_front_matter(text: str, title: str) -> None:
    assert read(text).title == title
    assert texts(text) == ["a"]


def test_08_boxes_of_cells_are_items() -> None:
    assert texts(case("08")) == ["Alpha ready", "Beta ready"]


@pytest.mark.parametrize(
    ("table", "found"),
    [
        ("| Step | Note |\n|---|---|\n| [ ] one | x |\n| [x] two | |\n", ["one", "two"]),
        ("| Before | After |\n|---|---|\n| ☐ one | ☐ two |\n", ["one", "two"]),
        ("| Phase | Work |\n|---|---|\n| A | - [ ] one<br>- [ ] two |\n", ["one", "two"]),
        ("| ☐ | one |\n|---|---|\n| ☐ | two |\n", ["one", "two"]),
        ("| Work | |\n|---|---|\n| one | :white_large_square: |\n| two | :ballot_box_with_check: |\n", ["one", "two"]),
        ("| Env | Prod | Dev |\n|---|---|---|\n| Cache | ✅ | ❌ |\n", []),
        ("| Plan | Free | Paid |\n|---|---|---|\n| Export | ✅ | |\n", []),
    ],
)
def test_08_tables_with_boxes_and_tables_that_compare(table: str, found: list[str]) -> None:
    """Also where no heading is called a checklist."""
    assert texts(f"# Launch\n\n{table}\n\n- [ ] last\n") == [*found, "last"]
    assert texts(f"# Launch checklist\n\n{table}\n\n- [ ] last\n") == [*found, "last"]


def test_09_emoji_codes_are_levels() -> None:
    runbook = read(case("09"))
    assert [(item.text, item.body.splitlines()[-1]) for item in runbook.items] == [
        ("Backups", "- Needed for: Basic, Full"),
        ("Restore", "- Needed for: Full"),
    ]
    assert texts(case("09").replace(":white_check_mark:", "✅")) == ["Backups", "Restore"]


def test_08_boxes_of_several_columns_are_signed_in_runs_and_are_no_levels() -> None:
    table = "| Step | Dev | Prod |\n|---|---|---|\n| Migrate | [x] | [ ] |\n| Restart | [ ] | [ ] |\n"
    runbook = read(f"# Launch\n\n{table}")
    assert [(item.text, item.body) for item in runbook.items] == [("Migrate", ""), ("Restart", "")]
    assert "3: the boxes in the columns Dev, Prod of a row are one item, signed in each run" in unsure(runbook)
    levels = read(f"# Launch\n\n{table.replace('Dev', 'Basic').replace('Prod', 'Full')}")
    assert next(levels.items).body == "- Needed for: Basic"


def test_10_a_table_of_contents_is_no_list_of_items() -> None:
    runbook = read(case("10"))
    assert texts(case("10")) == ["Ports closed"]
    assert "3: these 2 points are a table of contents; kept as text" in unsure(runbook)
    assert texts("# A checklist\n\n- [Read this](https://a.example)\n- [And](#that) this\n") != []


def test_11_a_heading_that_is_a_name_is_a_variable() -> None:
    found = read(case("11")).other_variables
    assert [(row.name, row.required_when, row.default) for row in found] == [
        ("APP_PORT", "Yes", "8080"),
        ("APP_TOKEN", "Yes", ""),
    ]
    text = "# A\n\n## `PORT`\n\nRequired: yes\nDefault: 80\n\n## FLAG_X\n\n- Required: yes\n\n## OTHER_NAME\n\nWords.\n"
    assert [row.name for row in read(text).other_variables] == ["PORT"]


def test_12_boxed_variables_are_items_and_variables() -> None:
    runbook = read(case("12"))
    names = ["BASE_URL", "SESSION_SECRET", "NODE_ENV"]
    assert keys(runbook) == names
    assert [row.name for section in runbook.sections for row in section.variables] == names
    assert [item.variables for item in runbook.items] == [(name,) for name in names]


def test_12_a_list_in_which_every_point_begins_with_a_name_is_about_variables() -> None:
    text = (
        "# Launch\n\n- [ ] `A_ONE` is set\n- [ ] `B_TWO` is set\n\nThen:\n\n* [ ] Run `C_THREE`\n* [ ] `D_FOUR` gone\n"
    )
    runbook = read(text)
    assert [row.name for section in runbook.sections for row in section.variables] == ["A_ONE", "B_TWO"]


def test_12_a_name_of_one_word_is_a_variable_where_the_others_are() -> None:
    text = "# Launch\n\n## Part\n\n- [ ] `PORT` - where it listens\n- [ ] `BASE_URL` - where it runs\n"
    assert keys(read(text)) == ["PORT", "BASE_URL"]
    assert keys(read(text.replace("BASE_URL", "CORS"))) == ["port-where-it-listens", "cors-where-it-runs"]
    told = read(text.replace("BASE_URL", "CORS").replace("Part", "Environment variables"))
    assert [row.name for section in told.sections for row in section.variables] == ["PORT", "CORS"]
    assert [item.variables for item in told.items] == [("PORT",), ("CORS",)]


def test_12_a_point_that_says_that_its_variable_is_set_names_it_among_others() -> None:
    runbook = read(
        "# Launch\n\n- [ ] `A_ONE` is set (required if `B_TWO=1`)\n"
        "- [ ] `C_THREE` must be set (must start with `sk_`)\n"
        "- [ ] `LOG_LEVEL=info` (optional)\n- [ ] `D_FOUR` was rotated\n- [ ] Somebody is on call\n"
    )
    rows = {row.name: row for section in runbook.sections for row in section.variables}
    assert list(rows) == ["A_ONE", "C_THREE", "LOG_LEVEL"]
    assert [rows[name].required_when for name in rows] == ["B_TWO=1", "", "no"]
    assert "must start with `sk_`" in rows["C_THREE"].accepted
    assert keys(runbook) == ["A_ONE", "C_THREE", "LOG_LEVEL", "d_four-was-rotated", "somebody-is-on-call"]
    assert [item.condition for item in runbook.items][:2] == ["B_TWO=1", ""]
    assert list(runbook.items)[2].values == (("*", "info"),)
    assert runbook.unsure == ()


def test_13_only_words_that_point_back_make_an_item_wait() -> None:
    assert [item.needs_items for item in read(case("13")).items] == [()] * 4


@pytest.mark.parametrize(
    ("words", "waits"),
    [
        ("Go once the above is done", True),
        ("Go after all of the above", True),
        ("Set after the above are confirmed", True),
        ("Go when all previous items are ticked", True),
        ("Go after the previous steps", True),
        ("Go once everything above is green", True),
        ("Stop when done", False),
        ("Check after the previous release", False),
        ("Alert when the load is above 5", False),
        ("Wait until it is confirmed", False),
    ],
)
def test_13_words(words: str, waits: bool) -> None:
    assert read(f"# A checklist\n\n- [ ] one\n- [ ] two\n- [ ] {words}\n").checklists[0].sections[0].items[
        2
    ].needs_items == (("one", "two") if waits else ())


def test_14_flags_wait_for_steps_not_for_each_other() -> None:
    assert [item.needs_items for item in read(case("14")).items][1:] == [("alpha-ready",)] * 3


def test_14_more_steps_than_are_named_keep_their_order() -> None:
    lines = [f"- [ ] step {number}" for number in range(300)]
    text = "# A checklist\n\n" + "\n".join([*lines, "- [ ] `FLAG_X=1`", "- [ ] last", "- [ ] `FLAG_Y=1`"])
    needs = {item.key: item.needs_items for item in read(text).items}
    assert len(needs["FLAG_X"]) == 300
    assert needs["FLAG_Y"] == ("FLAG_X", "last")


def test_15_conditions_and_kinds() -> None:
    assert [(item.condition, item.kind) for item in read(case("15")).items] == [
        ("configured", "attest"),
        ("", "attest"),
        ("", "attest"),
    ]


@pytest.mark.parametrize(
    ("words", "condition"),
    [
        ("Redis is provisioned if FLAG_CACHE=1", "FLAG_CACHE=1"),
        ("Cache warmed (only if Redis is used)", "Redis is used"),
        ("Cache warmed, if used.", "used"),
        ("Say if it fails", ""),
        ("Ask the owner if in doubt", ""),
    ],
)
def test_15_words(words: str, condition: str) -> None:
    assert [item.condition for item in read(f"# A checklist\n\n- [ ] {words}\n").items] == [condition]


def test_16_what_is_left_out_is_named_with_its_lines() -> None:
    runbook = read(case("16"))
    assert keys(runbook) == ["alpha-ready"]
    assert "3: line 3: a box in a paragraph, quote or HTML; kept as text, no item was made of it" in unsure(runbook)
    assert "6: a box without words; no item was made of it" in unsure(runbook)
    code = read("# A checklist\n\n- [ ] a\n\n```\n- [ ] b\n- [ ] c\n```\n")
    assert "6: lines 6 to 7: 2 boxes in a block of code; kept as text, no item was made of it" in unsure(code)


def test_16_a_heading_with_a_box_is_an_item() -> None:
    assert texts("# Launch\n\n## [ ] Alpha\n\nWords.\n\n## ☐ Beta\n\n- [ ] Gamma\n") == ["Alpha", "Beta", "Gamma"]


def test_19_of_alternatives_one_is_enough() -> None:
    over, *alternatives = read(case("19")).items
    assert (over.one_of, over.needs_items) == (("the-bastion", "the-balancer"), ())
    assert [item.optional for item in alternatives] == [False, False]


@pytest.mark.parametrize(
    ("words", "is_choice"),
    [
        ("Either:", True),
        ("Deploy with one of the following tools:", True),
        ("At least one of these", True),
        ("Traffic comes in by", False),
        ("One of the teams is told", False),
    ],
)
def test_19_words(words: str, is_choice: bool) -> None:
    over = next(read(f"# A checklist\n\n- [ ] {words}\n  - [ ] a\n  - [ ] b\n").items)
    assert (over.one_of, over.needs_items) == ((("a", "b"), ()) if is_choice else ((), ("a", "b")))


@pytest.mark.parametrize("name", ["a.rst", "a.adoc", "a.org", "a.textile", "a.wiki"])
def test_20_other_markups_are_refused_with_the_way_to_convert(name: str) -> None:
    with pytest.raises(NotARunbook, match=r"no markdown\. Convert it first"):
        read_file(case("20").encode(), name)


def test_20_restructured_text_without_a_name_is_told_by_its_marks() -> None:
    with pytest.raises(NotARunbook, match="reStructuredText"):
        read(case("20"))
    assert nothing_to_store(read("# Words\n")) != ""


def test_rules_in_words_are_judged_or_named() -> None:
    text = (
        "# Setup\n\n- `STRIPE_KEY`: required if ENABLE_STRIPE=1, must start with `sk_`\n"
        "- `APP_DSN`: must start with `postgres://`. Defaults to `x`\n- `TEST_KEY`: never in prod\n"
        "- `OLD_KEY`: required if you use the old client\n"
    )
    runbook = read(text)
    found = {row.name: row for row in runbook.other_variables}
    assert (found["STRIPE_KEY"].required_when, format_of(found["STRIPE_KEY"])) == ("ENABLE_STRIPE=1", "prefix:sk_")
    assert (found["APP_DSN"].default, format_of(found["APP_DSN"])) == ("x", "prefix:postgres://")
    assert re.search(r"5: TEST_KEY: “never in prod” is kept as text and not judged", unsure(runbook))
    assert re.search(
        r"6: OLD_KEY: “required if you use the old client” is kept as text and not judged", unsure(runbook)
    )


def test_23_each_posture_of_a_section_is_read_before_and_after_its_items() -> None:
    told = "{} posture (2026-11-0{}): `HOOK_KEY` is unset while FLAG_HOOKS is off.\n\n"
    text = f"# Barn\n\n## Hooks\n\n{told.format('Staging', 1)}- [ ] Set `HOOK_KEY`\n\n"
    runbook = read(f"{text}{told.format('Production', 2)}More of it.\n\n{told.format('Qa', 3)}")
    assert [(note.environment, note.date, note.text.count("\n\n")) for note in runbook.postures] == [
        ("staging", "2026-11-01", 0),
        ("production", "2026-11-02", 1),
        ("qa", "2026-11-03", 0),
    ]


def _four_texts() -> list[tuple[str, str]]:
    """Texts of 100 boxes under ten headings, three of them called checklist: (name, text)."""
    heads = [f"{'Checklist' if number in (2, 5, 8) else 'Part'} {number}" for number in range(10)]
    front = "---\ntitle: 'Launch: all of it'\nsystem: shop\n---\n\n"
    points = "".join(
        f"## {head}\n\nTold.\n\n" + "".join(f"- [ ] {head} {index}\n  more words\n" for index in range(10)) + "\n"
        for head in heads
    )
    chapters = "".join(
        f"# {head}\n\n1. [ ] {head} a\n" + "".join(f"   - [x] {head} {index}\n" for index in range(9)) + "\n"
        for head in heads
    )
    tables = "".join(
        f"## {head}\n\n| # | Work | Owner | Done |\n|--|:--|--|:-:|\n"
        + "".join(f"| {index} | {head} {index} | ops | {'&#9744;' if index % 2 else '[x]'} |\n" for index in range(10))
        + "\n"
        for head in heads
    )
    mixed = "".join(
        f"{head}\n{'-' * len(head)}\n\n☐ {head} a\n☑ {head} b\n\n| | |\n|---|---|\n"
        + "".join(f"| ☐ | {head} {index} |\n" for index in range(4))
        + "\n"
        + "".join(f"* [ ] {head} c{index}\n" for index in range(4))
        + "\n"
        for head in heads
    )
    return [
        ("points", f"{front}# Launch\n\n{points}"),
        ("chapters", f"{front}{chapters}"),
        ("tables", f"{front}# Launch\n\n{tables}".replace("\n", "\r\n")),
        ("mixed", f"\ufeff{front}# Launch\n\n{mixed}"),
    ]


@pytest.mark.parametrize(("name", "text"), _four_texts(), ids=lambda value: value if len(value) < 20 else "")
def test_four_files_of_a_hundred_boxes_lose_none_also_through_an_export(name: str, text: str) -> None:
    runbook = read(text)
    assert len(keys(runbook)) == len(set(keys(runbook))) == 100
    assert [len(section.items) for section in runbook.sections if section.items] == [10] * 10
    assert runbook.title == ("Launch: all of it" if name == "chapters" else "Launch")
    assert keys(read(render(runbook.blocks))) == keys(runbook)


def test_a_hundred_boxes_under_ten_headings_of_which_three_are_called_checklist() -> None:
    lines = ["---", "title: Launch", "---", ""]
    for number in range(10):
        lines += [f"## {'Checklist' if number in (2, 5, 8) else 'Part'} {number}", ""]
        lines += [f"- [ ] item {number} {index}" for index in range(6)] + [""]
        lines += ["| | Work |", "|---|---|", *(f"| ☐ | row {number} {index} |" for index in range(4)), ""]
    runbook = read("\n".join(lines))
    assert len(keys(runbook)) == 100
    assert [len(section.items) for section in runbook.sections] == [10] * 10
