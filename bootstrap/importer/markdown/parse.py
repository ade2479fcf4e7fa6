"""GitHub-flavoured markdown into blocks (pure)."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, table
from markdown_it.token import Token

from bootstrap.importer.markdown.blocks import Block, Code, Entry, Heading, Listing, Prose, Table, TableRow
from bootstrap.importer.markdown.render import render
from bootstrap.importer.markdown.table_cells import PIPE, fitted, split_outside_code, unescaped

_MARKS = re.compile(r"[\W_]+")
_BOX = re.compile(r"\[(?P<mark>[ xX])\](?:\s+|$)")
# The first line of front matter: `title: …`, `title = …`, or a remark.
_SETTING = re.compile(r"\s{0,3}(?:[\w\"'][\w .\"'-]{0,60}\s{0,9}[:=]|#)")
LONGEST_FRONT_MATTER = 200  # lines
# Two levels for each level of a list: forty deep is more than anybody reads, and far from Python's own limit.
MOST_NESTING = 80
# A wider table is no checklist, and its cells cost seconds: its lines are kept as prose.
MOST_COLUMNS = 200


def read_blocks(text: str) -> list[Block]:
    """The blocks of `text`, in order; every line that is not blank lies in exactly one of them."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    head = front_matter(lines)
    blocks = [_whole(_block(element, lines), lines) for element in outer_elements(tokens_of(lines))]
    return [Prose("\n".join(lines[:head]), 1, head), *blocks] if head else blocks


def tokens_of(lines: Sequence[str]) -> list[Token]:
    """The tokens of the lines without their front matter; the lines that tokens name count it."""
    head = front_matter(lines)
    return _parser().parse("\n" * head + "\n".join(lines[head:]))


def front_matter(lines: Sequence[str]) -> int:
    """The number of lines that its front matter has, YAML between `---` or TOML between `+++`; 0 without one."""
    fence = lines[0].rstrip()
    if fence not in ("---", "+++"):
        return 0
    for number, line in enumerate(lines[1:LONGEST_FRONT_MATTER], 2):
        if line.rstrip() == fence or (fence == "---" and line.rstrip() == "..."):
            return number if number > 2 and _SETTING.match(lines[1]) else 0
    return 0


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


def outer_elements(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """The outermost elements: each a single token, or all tokens from an opening one to its closing one.

    `markdown_it.tree` does the same with an object for each element: measurably slower for a text full of tables.
    """
    begin = depth = 0
    for end, token in enumerate(tokens, 1):
        depth += token.nesting
        if depth == 0:
            yield tokens[begin:end]
            begin = end


def lines_of(token: Token) -> tuple[int, int]:
    """The indexes of its first line and of the line after it."""
    assert token.map, f"{token.type} has no lines"
    return token.map[0], token.map[1]


def _block(element: Sequence[Token], lines: list[str]) -> Block:
    opening = element[0]
    start, end = lines_of(opening)
    while end > start + 1 and not lines[end - 1].strip():
        end -= 1
    first, last = start + 1, end
    match opening.type:
        case "heading_open":
            return Heading(int(opening.tag[1]), _unwrapped(element[1].content), first, last)
        case "fence" | "code_block":
            return Code(opening.info.strip(), opening.content.rstrip("\n"), first, last)
        case "table_open":
            header, *rows = (_row(row) for part in outer_elements(element[1:-1]) for row in outer_elements(part[1:-1]))
            body = tuple(TableRow(_all_cells(row, lines[row.line - 1]), row.line) for row in rows)
            return Table(header.cells, body, first, last)
        case "bullet_list_open" | "ordered_list_open":
            return Listing(tuple(_entries(element, 0, lines)), first, last)
    return Prose("\n".join(lines[start:end]), first, last)


def _row(element: Sequence[Token]) -> TableRow:
    cells = tuple(token.content.strip() for token in element if token.type == "inline")
    return TableRow(cells, lines_of(element[0])[0] + 1)


def _all_cells(row: TableRow, source: str) -> tuple[str, ...]:
    """The cells of a row. Unlike on GitHub a pipe within code divides nothing, and surplus cells are kept."""
    columns = len(row.cells)
    text = source.strip().removeprefix("|")
    text = text[:-1] if text.endswith("|") and not text.endswith("\\|") else text
    if len(PIPE.findall(text)) < columns:
        return row.cells
    return tuple(fitted([unescaped(cell) for cell in split_outside_code(text)], columns))


def _entries(element: Sequence[Token], depth: int, lines: list[str]) -> Iterator[Entry]:
    """Each list item within `element` with its own text, followed by its nested items as deeper entries."""
    for inner in outer_elements(element[1:-1]):
        if inner[0].type == "list_item_open":
            yield _entry(inner, depth, lines)
        yield from _entries(inner, depth + inner[0].type.endswith("_list_open"), lines)


def _entry(item: Sequence[Token], depth: int, lines: list[str]) -> Entry:
    start, child = lines_of(item[0])
    text, text_end = "", start + 1
    for inner in outer_elements(item[1:-1]):
        if inner[0].type.endswith("_list_open"):
            child = lines_of(inner[0])[0]
            break
        if not text and len(inner) > 1 and inner[1].type == "inline":
            text, text_end = _unwrapped(inner[1].content), lines_of(inner[1])[1]
    body = textwrap.dedent("\n".join(lines[text_end:child])).strip("\n").rstrip()
    box = _BOX.match(text)
    if not text and not body.startswith(("```", "~~~")):  # the line below an empty mark is its text
        text, _, body = body.partition("\n")
    return Entry(
        text=text[box.end() :] if box else text,
        box=None if box is None else box["mark"] != " ",
        number=int(item[0].info) if item[0].info else None,
        depth=depth,
        body=body,
        line=start + 1,
    )


def _unwrapped(content: str) -> str:
    """A wrapped text on one line."""
    return " ".join(part.strip() for part in content.split("\n"))
