"""Blocks row_as_markdown as markdown (pure): reading it again gives equal blocks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from bootstrap.importer.markdown.blocks import Block, Code, Entry, Heading, Listing, Prose, Table
from bootstrap.importer.markdown.table_cells import row_as_markdown


def render(blocks: Iterable[Block]) -> str:
    """Markdown with one blank line between blocks, without one at the end."""
    return "\n\n".join(_rendered(blocks))


def _rendered(blocks: Iterable[Block]) -> Iterator[str]:
    """Adjacent lists alternate their marks, or they would be read as one list."""
    before: Block | None = None
    other = False
    for block in blocks:
        other = not other if isinstance(block, Listing) and isinstance(before, Listing) else False
        yield _block(block, other_marks=other)
        before = block


def _block(block: Block, *, other_marks: bool) -> str:
    match block:
        case Heading():
            return f"{'#' * block.level} {block.text}".rstrip()
        case Code():
            return _code(block)
        case Table():
            return _table(block)
        case Listing():
            return "\n".join(_entries(block.entries, "*)" if other_marks else "-.")).rstrip("\n")
        case Prose():
            return block.text


def _code(block: Code) -> str:
    """A fence longer than any run of backticks within."""
    longest = max((len(run) for run in re.findall(r"`+", block.text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{block.language}\n{block.text}\n{fence}"


def _table(block: Table) -> str:
    rows = [block.header, ("---",) * len(block.header), *(row.cells for row in block.rows)]
    return "\n".join(map(row_as_markdown, rows))


def _entries(entries: Iterable[Entry], marks: str) -> Iterator[str]:
    """A point's text and its sub-points begin under the first letter of what they belong to.

    `marks` are those after which a plain and a numbered point begin.
    """
    indents, above = [0], Entry("", None, None, 0, "", 0)
    for entry in entries:
        del indents[entry.depth + 1 :]
        marker = f"{marks[0]} " if entry.number is None else f"{entry.number}{marks[1]} "
        indents.append(indents[-1] + len(marker))
        box = {None: "", False: "[ ] ", True: "[x] "}[entry.box]
        apart = "\n" if _runs_on(above, entry) else ""
        above = entry
        settings = f" {entry.settings}" if entry.settings else ""
        yield f"{apart}{' ' * indents[-2]}{marker}{box}{entry.text}{settings}".rstrip(" ")
        if entry.body:
            blank = "\n" if entry.text or box else ""
            yield f"{blank}{_indented(entry.body, ' ' * indents[-1])}\n"


def _runs_on(above: Entry, entry: Entry) -> bool:
    """Whether a point would be read as part of the text above it: only the number 1 begins a list there."""
    has_text = bool(above.text) or above.box is not None
    return has_text and entry.depth > above.depth and entry.number not in (None, 1)


def _indented(text: str, by: str) -> str:
    """Each line moved to the right; lines end at `\\n` only, unlike those of `textwrap.indent`."""
    return "\n".join(f"{by}{line}" if line.strip() else line for line in text.split("\n"))
