"""GitHub-flavoured markdown into blocks (pure)."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import replace

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, table
from markdown_it.token import Token

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
    tokens = _parser().parse("\n".join(lines))
    return [_whole(_block(*block, lines), lines) for block in _top_level(tokens, lines)]


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


def _top_level(tokens: list[Token], lines: list[str]) -> Iterator[tuple[list[Token], int, int]]:
    """The tokens of each block of the top level with its first and last line, without blank lines at its end."""
    begin = 0
    for position, token in enumerate(tokens):
        if token.level == 0 and token.nesting <= 0:
            start, end = tokens[begin].map or (0, 0)
            while end > start + 1 and not lines[end - 1].strip():
                end -= 1
            yield tokens[begin : position + 1], start + 1, end
            begin = position + 1


def _block(tokens: Sequence[Token], first: int, last: int, lines: list[str]) -> Block:
    opening = tokens[0]
    match opening.type:
        case "heading_open":
            return Heading(int(opening.tag[1]), _unwrapped(tokens[1].content), first, last)
        case "fence" | "code_block":
            return Code(opening.info.strip(), opening.content.rstrip("\n"), first, last)
        case "table_open":
            return _table(tokens, first, last, lines)
        case "bullet_list_open" | "ordered_list_open":
            return Listing(tuple(_entries(tokens, lines)), first, last)
    return Prose("\n".join(lines[first - 1 : last]), first, last)


def _table(tokens: Sequence[Token], first: int, last: int, lines: list[str]) -> Table:
    rows: list[TableRow] = []
    cells: list[str] = []
    line = first
    for token in tokens:
        if token.type == "tr_open":
            cells, line = [], (token.map or [first - 1])[0] + 1
        elif token.type == "inline":
            cells.append(token.content.strip())
        elif token.type == "tr_close":
            rows.append(TableRow(tuple(cells), line))
    body = (replace(row, cells=_all_cells(row, lines[row.line - 1])) for row in rows[1:])
    return Table(rows[0].cells, tuple(body), first, last)


def _all_cells(row: TableRow, source: str) -> tuple[str, ...]:
    """The cells of a row. Unlike on GitHub a pipe within code divides nothing, and surplus cells are kept."""
    columns = len(row.cells)
    text = source.strip().removeprefix("|")
    text = text[:-1] if text.endswith("|") and not text.endswith("\\|") else text
    if len(PIPE.findall(text)) < columns:
        return row.cells
    return tuple(fitted([unescaped(cell) for cell in split_outside_code(text)], columns))


def _entries(tokens: Sequence[Token], lines: list[str]) -> Iterator[Entry]:
    """Each list item with its own text, followed by its nested items as deeper entries."""
    depth = -1
    for position, token in enumerate(tokens):
        if token.type.endswith("_list_open"):
            depth += 1
        elif token.type.endswith("_list_close"):
            depth -= 1
        elif token.type == "list_item_open":
            yield _entry(tokens, position, depth, lines)


def _entry(tokens: Sequence[Token], position: int, depth: int, lines: list[str]) -> Entry:
    item = tokens[position]
    start, end = item.map or (0, 0)
    text, text_end, child = "", start + 1, end
    for index in range(position + 1, len(tokens)):
        token = tokens[index]
        if token.level <= item.level:
            break
        if token.type == "inline" and token.level == item.level + 2 and token.map and not text:
            text, text_end = _unwrapped(token.content), token.map[1]
        elif token.type.endswith("_list_open") and token.level == item.level + 1 and token.map:
            child = token.map[0]
            break
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
