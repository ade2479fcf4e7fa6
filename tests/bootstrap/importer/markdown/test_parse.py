"""Markdown into blocks: what GitHub shows as a table, list or code is one here, and no line is lost."""

from __future__ import annotations

from bootstrap.importer.markdown.blocks import Code, Entry, Heading, Listing, Prose, Table, TableRow
from bootstrap.importer.markdown.parse import read_blocks


def test_each_kind_of_block_with_its_lines() -> None:
    text = "# One\n\npara\nmore\n\n> quote\n\n```sh\nrun\n\nit\n```\n\nTwo\n---\n"
    assert read_blocks(text) == [
        Heading(1, "One", 1, 1),
        Prose("para\nmore", 3, 4),
        Prose("> quote", 6, 6),
        Code("sh", "run\n\nit", 8, 12),
        Heading(2, "Two", 14, 15),
    ]


def test_tables_keep_pipes_in_cells_and_fill_short_rows() -> None:
    table = read_blocks("| a | b |\n|---|---|\n| `x\\|y` | z\n| only\n")[0]
    assert table == Table(("a", "b"), (TableRow(("`x|y`", "z"), 3), TableRow(("only", ""), 4)), 1, 4)


def test_lists_with_boxes_nesting_wrapped_lines_and_code() -> None:
    text = "- [ ] one `X`\n  wrapped\n  - [x] inner\n\n    ```sh\n    run\n    ```\n- plain\n\n1. first\n2. second\n"
    boxes, numbers = read_blocks(text)
    assert boxes == Listing(
        (
            Entry("one `X` wrapped", False, None, 0, "", 1),
            Entry("inner", True, None, 1, "```sh\nrun\n```", 3),
            Entry("plain", None, None, 0, "", 8),
        ),
        1,
        8,
    )
    assert [entry.number for entry in numbers.entries] == [1, 2]


def test_windows_line_ends_give_the_same_blocks() -> None:
    text = "# One\n\n- [ ] a\n- [ ] b\n\n| x | y |\n|---|---|\n| 1 | 2 |\n"
    assert read_blocks(text.replace("\n", "\r\n")) == read_blocks(text)


def test_every_line_that_is_not_blank_lies_in_exactly_one_block() -> None:
    text = "a\n\n- x\n\n  y\n- z\n\n<div>\nq\n</div>\n\n***\n\n    code\n\n# H\n| a | b |\n|---|---|\n| 1 | 2 |\nend\n"
    covered = [line for block in read_blocks(text) for line in range(block.first, block.last + 1)]
    lines = text.splitlines()
    assert len(covered) == len(set(covered))
    assert {number for number, line in enumerate(lines, 1) if line.strip()} <= set(covered)
