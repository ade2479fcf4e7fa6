"""Blocks written as markdown (pure): reading it again gives equal blocks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from textwrap import indent

from bootstrap.importer.blocks import Block, Code, Entry, Heading, Listing, Prose, Table


def render(blocks: Iterable[Block]) -> str:
    """Markdown with one blank line between blocks, without one at the end."""
    return "\n\n".join(_block(block) for block in blocks)


def _block(block: Block) -> str:
    match block:
        case Heading():
            return f"{'#' * block.level} {block.text}".rstrip()
        case Code():
            return _code(block)
        case Table():
            return _table(block)
        case Listing():
            return "\n".join(_entries(block.entries)).rstrip("\n")
        case Prose():
            return block.text


def _code(block: Code) -> str:
    """A fence longer than any run of backticks within."""
    longest = max((len(run) for run in re.findall(r"`+", block.text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{block.language}\n{block.text}\n{fence}"


def _table(block: Table) -> str:
    rows = [block.header, ("---",) * len(block.header), *(row.cells for row in block.rows)]
    return "\n".join("|" + "|".join(f" {_cell(cell)} " for cell in row) + "|" for row in rows)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _entries(entries: Iterable[Entry]) -> Iterator[str]:
    """A point's text and its sub-points begin under the first letter of what they belong to."""
    indents = [0]
    for entry in entries:
        del indents[entry.depth + 1 :]
        marker = "- " if entry.number is None else f"{entry.number}. "
        indents.append(indents[-1] + len(marker))
        box = {None: "", False: "[ ] ", True: "[x] "}[entry.box]
        yield f"{' ' * indents[-2]}{marker}{box}{entry.text}".rstrip()
        if entry.body:
            yield f"\n{indent(entry.body, ' ' * indents[-1])}\n"
