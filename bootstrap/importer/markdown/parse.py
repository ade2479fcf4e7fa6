"""GitHub-flavoured markdown into blocks (pure)."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import replace

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, table
from markdown_it.tree import SyntaxTreeNode

from bootstrap.importer.markdown.blocks import Block, Code, Entry, Heading, Listing, Prose, Table, TableRow
from bootstrap.importer.markdown.render import render
from bootstrap.importer.markdown.table_cells import PIPE, fitted, split_outside_code, unescaped

_MARKS = re.compile(r"[\W_]+")
_BOX = re.compile(r"\[(?P<mark>[ xX])\](?:\s+|$)")
# Two levels for each level of a list: forty deep is more than anybody reads, and far from Python's own limit.
MOST_NESTING = 80
# A wider table is no checklist, and its cells cost seconds: its lines are kept as prose.
MOST_COLUMNS = 200


def read_blocks(text: str) -> list[Block]:
    """The blocks of `text`, in order; every line that is not blank lies in exactly one of them."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    document = SyntaxTreeNode(_parser().parse("\n".join(lines)))
    return [_whole(_block(node, lines), lines) for node in document.children]


def _whole(block: Block, lines: list[str]) -> Block:
    """The block; as prose where rendering it would lose something (lists nested too deep)."""
    source = "\n".join(lines[block.first - 1 : block.last])
    if isinstance(block, Prose) or same_letters(render([block]), source):
        return block
    return Prose(source, block.first, block.last)


def same_letters(one: str, other: str) -> bool:
    """Whether both texts have the same letters and digits in the same order; marks and spaces may differ."""
    return _MARKS.sub("", one).casefold() == _MARKS.sub("", other).casefold()


def _parser() -> MarkdownIt:
    """A parser of blocks only: inline markdown is kept as written, and a megabyte takes tenths of a second."""
    parser = MarkdownIt("commonmark", {"maxNesting": MOST_NESTING}).enable("table")
    parser.block.ruler.at("table", _narrow_table, {"alt": ["paragraph", "reference"]})
    parser.core.ruler.enableOnly(["normalize", "block"])
    # A link definition gives no block, so its line would be lost: it stays a paragraph.
    return parser.disable("reference")


def _narrow_table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if state.src.count("|", state.bMarks[start], state.eMarks[start]) > MOST_COLUMNS + 1:
        return False
    return table(state, start, end, silent)


def _block(node: SyntaxTreeNode, lines: list[str]) -> Block:
    start, end = _lines_of(node)
    while end > start + 1 and not lines[end - 1].strip():
        end -= 1
    first, last = start + 1, end
    match node.type:
        case "heading":
            return Heading(int(node.tag[1]), _unwrapped(node.children[0].content), first, last)
        case "fence" | "code_block":
            return Code(node.info.strip(), node.content.rstrip("\n"), first, last)
        case "table":
            header, *rows = (_row(row) for part in node.children for row in part.children)
            body = tuple(replace(row, cells=_all_cells(row, lines[row.line - 1])) for row in rows)
            return Table(header.cells, body, first, last)
        case "bullet_list" | "ordered_list":
            return Listing(tuple(_entries(node, 0, lines)), first, last)
    return Prose("\n".join(lines[start:end]), first, last)


def _lines_of(node: SyntaxTreeNode) -> tuple[int, int]:
    """The indexes of its first line and of the line after it."""
    assert node.map, f"{node.type} has no lines"
    return node.map


def _row(row: SyntaxTreeNode) -> TableRow:
    return TableRow(tuple(cell.children[0].content.strip() for cell in row.children), _lines_of(row)[0] + 1)


def _all_cells(row: TableRow, source: str) -> tuple[str, ...]:
    """The cells of a row. Unlike on GitHub a pipe within code divides nothing, and surplus cells are kept."""
    columns = len(row.cells)
    text = source.strip().removeprefix("|")
    text = text[:-1] if text.endswith("|") and not text.endswith("\\|") else text
    if len(PIPE.findall(text)) < columns:
        return row.cells
    return tuple(fitted([unescaped(cell) for cell in split_outside_code(text)], columns))


def _entries(node: SyntaxTreeNode, depth: int, lines: list[str]) -> Iterator[Entry]:
    """Each list item beneath `node` with its own text, followed by its nested items as deeper entries."""
    for child in node.children:
        if child.type == "list_item":
            yield _entry(child, depth, lines)
        yield from _entries(child, depth + child.type.endswith("_list"), lines)


def _entry(item: SyntaxTreeNode, depth: int, lines: list[str]) -> Entry:
    start, child = _lines_of(item)
    text, text_end = "", start + 1
    for node in item.children:
        if node.type.endswith("_list"):
            child = _lines_of(node)[0]
            break
        if not text and node.children and node.children[0].type == "inline":
            text, text_end = _unwrapped(node.children[0].content), _lines_of(node.children[0])[1]
    body = textwrap.dedent("\n".join(lines[text_end:child])).strip("\n").rstrip()
    box = _BOX.match(text)
    if not text and not body.startswith(("```", "~~~")):  # the line below an empty mark is its text
        text, _, body = body.partition("\n")
    return Entry(
        text=text[box.end() :] if box else text,
        box=None if box is None else box["mark"] != " ",
        number=int(item.info) if item.info else None,
        depth=depth,
        body=body,
        line=start + 1,
    )


def _unwrapped(content: str) -> str:
    """A wrapped text on one line."""
    return " ".join(part.strip() for part in content.split("\n"))
