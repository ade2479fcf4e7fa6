"""Other teams' ways of writing items."""

from __future__ import annotations

import pytest

from bootstrap.importer import read_runbook
from bootstrap.importer.parsed_runbook import ItemRow


def items(text: str) -> list[ItemRow]:
    return [
        item for checklist in read_runbook(text).checklists for section in checklist.sections for item in section.items
    ]


def test_rows_of_a_table_are_items_with_their_other_cells_beneath() -> None:
    rows = "| # | Task | Owner | Done |\n|---|---|---|---|\n| 1 | Back up | ann | [x] |\n| 2 | Go | | |\n"
    text = f"# Deploy checklist\n\n{rows}"
    first, second = items(text)
    assert (first.text, first.body, first.line) == ("Back up", "- #: 1\n- Owner: ann", 5)
    assert (second.text, second.body) == ("Go", "- #: 2")
    assert {note.line for note in read_runbook(text).unsure} == {3, 5}


def test_a_matrix_of_levels_tells_for_which_levels_a_row_is_needed() -> None:
    text = "# Security checklist\n\n| Control | L1 | L2 |\n|---|---|---|\n| MFA | ✓ | ✓ |\n| Audit log | - | ✓ |\n"
    assert [(item.text, item.body) for item in items(text)] == [
        ("MFA", "- Needed for: L1, L2"),
        ("Audit log", "- Needed for: L2"),
    ]


def test_points_without_boxes_under_a_heading_called_checklist() -> None:
    text = "# Handbook\n\n## On-call checklist\n\n- pager works\n- access\n  - vpn\n\n## Other\n\n- no item\n"
    found = items(text)
    assert [(item.key, item.depth) for item in found] == [("pager-works", 0), ("access", 0), ("vpn", 1)]
    assert found[1].needs_items == ("vpn",)
    assert [note.line for note in read_runbook(text).unsure] == [5]


def test_points_without_boxes_stay_points_where_others_have_boxes() -> None:
    assert [item.key for item in items("# A checklist\n\n- just told\n\nSo:\n\n- [ ] do it\n")] == ["do-it"]


@pytest.mark.parametrize("box", ["☐", "⬜", "[ ]"])
def test_boxes_of_other_letters_and_without_a_list(box: str) -> None:
    assert [item.key for item in items(f"# Go-live checklist\n\n{box} one\n{box} two\n")] == ["one", "two"]
    assert [item.key for item in items(f"# Go-live checklist\n\n- {box} one\n* {box} two\n")] == ["one", "two"]


def test_setext_headings_windows_line_ends_and_numbered_items() -> None:
    text = "Go-live checklist\r\n=================\r\n\r\nFirst\r\n-----\r\n\r\n1. [ ] one\r\n2. [ ] two\r\n"
    checklist = read_runbook(text).checklists[0]
    assert (checklist.kind, checklist.sections[0].title) == ("go_live", "First")
    assert [item.key for item in checklist.sections[0].items] == ["one", "two"]


@pytest.mark.parametrize(
    ("text", "section", "keys"),
    [
        ("# 上线检查清单\n\n## 数据库\n\n- [ ] 备份完成\n- [ ] `FLAG_DB=1` 设置\n", "数据库", ["备份完成", "FLAG_DB"]),
        ("# リリースチェックリスト\n\n## 準備\n\n- [ ] バックアップ\n", "準備", ["バックアップ"]),
        (
            "# チェックリスト\n\n| 手順 | 担当 | 状態 |\n|---|---|---|\n| 再起動 | 花子 | 未 |\n",
            "チェックリスト",
            ["再起動"],
        ),
    ],
)
def test_chinese_and_japanese(text: str, section: str, keys: list[str]) -> None:
    found = read_runbook(text).checklists[0].sections[0]
    assert (found.title, [item.key for item in found.items]) == (section, keys)


def test_pipes_within_code_are_no_borders() -> None:
    text = "# A checklist\n\n| Task | Done |\n|---|---|\n| run `a | b` | |\n| run `a \\| c` | |\n| x | | left over |\n"
    assert [item.text for item in items(text)] == ["run `a | b`", "run `a | c`", "x"]


def test_a_table_of_incidents_or_variables_holds_no_items() -> None:
    variables = "| Var | Default |\n|---|---|\n| `A_B` | none |\n"
    incidents = "| Incident | Date |\n|---|---|\n| x | y |\n"
    text = f"# A checklist\n\n{variables}\n- [ ] one\n\n## Past\n\n{incidents}"
    assert [item.key for item in items(text)] == ["one"]


def test_a_document_with_boxes_and_no_heading_called_checklist_is_one_checklist() -> None:
    runbook = read_runbook("# Service X\n\n## Before\n\n- [ ] one\n\n## After\n\n- [ ] two\n")
    (checklist,) = runbook.checklists
    assert (checklist.title, [section.slug for section in checklist.sections]) == ("Service X", ["before", "after"])


def told(text: str) -> tuple[str, list[tuple[str, str]], list[int]]:
    """The section's text, the items with what is beneath them, the lines of what was unsure."""
    read = read_runbook(f"# A checklist\n\n{text}")
    (section,) = read.checklists[0].sections
    return section.prose, [(item.key, item.body) for item in section.items], [note.line for note in read.unsure]


@pytest.mark.parametrize(
    ("text", "prose", "found", "unsure"),
    [
        ("- [ ] one\n- plain\n\n  more\n- [ ] two\n", "", [("one", "- plain\n  more"), ("two", "")], [4]),
        (
            "1. First\n   - [ ] inner\n2. Second\n   - [ ] other\n",
            "1. First\n2. Second",
            [("inner", ""), ("other", "")],
            [3, 5],
        ),
        ("- before\n- [ ] one\n", "- before", [("one", "")], [3]),
        ("- [ ] one\n- [-] two\n- [~] three\n", "", [("one", "- [-] two\n- [~] three")], [4, 5]),
        ("- [ ] one\n  - why\n\n    because\n", "", [("one", "- why\n  because")], []),
        ("- [ ] one\n  - [~] two\n", "", [("one", "- [~] two")], [4]),
    ],
)
def test_points_without_a_box_between_boxes_are_not_lost(
    text: str, prose: str, found: list[tuple[str, str]], unsure: list[int]
) -> None:
    assert told(text) == (prose, found, unsure)


def test_facts_and_references_are_nothing_to_sign() -> None:
    head = "# On-call checklist\n\n- Owner: ops\n- Last reviewed: 2026-01-01\n\n"
    references = "## References\n\n- Handbook: https://a.example\n"
    text = f"{head}## Steps\n\n- pager works\n- DNS: switched\n\n{references}"
    assert [item.text for item in items(text)] == ["pager works", "DNS: switched"]
    assert dict(read_runbook(text).facts)["Owner"] == "ops"
    assert [item.text for item in items(f"{head}Then:\n\n- pager works\n")] == ["pager works"]
    assert [item.text for item in items("# Move checklist\n\n- DNS: switched\n- Mail: works\n")] == [
        "DNS: switched",
        "Mail: works",
    ]
