"""Reads a file or a text as a runbook (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bootstrap.importer.flattened.lines import Line
from bootstrap.importer.flattened.repair import is_flattened, repair
from bootstrap.importer.markdown.blocks import Block, Heading, Listing, Table
from bootstrap.importer.markdown.decode import NotARunbook, decode, is_restructured_text, is_source_code
from bootstrap.importer.markdown.parse import read_blocks, same_letters
from bootstrap.importer.parsed_runbook import Note, ParsedRunbook
from bootstrap.importer.parser.front_matter import settings_in
from bootstrap.importer.parser.runbook import read_outline
from opsconsole.lib.gc_pause import collection_paused


def read_file(data: bytes, name: str = "") -> tuple[str, ParsedRunbook]:
    """The text of the file `name` and its runbook. Raises NotARunbook."""
    text = decode(data, name)
    return text, read_text(text)


def read_text(text: str) -> ParsedRunbook:
    """The runbook of a text from `decode`. Raises NotARunbook."""
    with collection_paused():
        runbook = read_runbook(text)
    if not any(isinstance(block, Heading | Listing | Table) for block in runbook.blocks):
        raise NotARunbook("This text has no heading, no list and no table: nothing in it reads like a runbook.")
    if not runbook.checklists and is_restructured_text(text):
        raise NotARunbook("This reads like reStructuredText, no markdown. Convert it first: pandoc -f rst -t gfm.")
    if not runbook.checklists and is_source_code(text):
        raise NotARunbook("This reads like source code, no markdown.")
    return runbook


def refuse_empty(runbook: ParsedRunbook) -> None:
    """Raises NotARunbook where there is nothing to store: it would replace a version that has something."""
    if reason := nothing_to_store(runbook):
        raise NotARunbook(reason)


def nothing_to_store(runbook: ParsedRunbook) -> str:
    """Why there is nothing to store, as a sentence; empty where there is something."""
    has_rows = any(section.items or section.variables for section in runbook.sections)
    if runbook.policies or runbook.other_variables or has_rows or _is_document(runbook):
        return ""
    return "There is nothing in it to be stored: no item, no variable, no policy, and no text beneath a title."


def _is_document(runbook: ParsedRunbook) -> bool:
    """Whether it is worth keeping as a text alone: it has a title, and more than that and its front matter."""
    is_settings = bool(settings_in(runbook.blocks[:1]))
    return bool(runbook.title) and any(not isinstance(block, Heading) for block in runbook.blocks[is_settings:])


def read_runbook(text: str) -> ParsedRunbook:
    """The runbook in a markdown text, ordinary or flattened; line numbers are those of `text`."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not is_flattened(text):
        return read_outline(read_blocks(text))
    repaired = repair(text)
    if not same_letters(repaired.text, text):  # a guess too far: unrepaired text loses nothing
        return read_outline(read_blocks(text))
    runbook = read_outline([_placed(block, repaired.lines) for block in read_blocks(repaired.text)])
    note = Note(1, "lost its headings and line breaks; they were guessed as the notes below say")
    unsure = sorted([note, *runbook.unsure, *repaired.notes], key=lambda note: note.line)
    return replace(runbook, unsure=tuple(unsure))


def _placed(block: Block, lines: Sequence[Line]) -> Block:
    """The block of repaired `lines` with the line numbers of the source."""
    made_from = [line for line in lines[block.first - 1 : block.last] if line.first]
    placed = replace(block, first=made_from[0].first, last=max(line.last for line in made_from))
    if isinstance(placed, Table):
        rows = tuple(replace(row, line=lines[row.line - 1].first) for row in placed.rows)
        return replace(placed, rows=rows)
    if isinstance(placed, Listing):
        entries = tuple(replace(entry, line=lines[entry.line - 1].first) for entry in placed.entries)
        return replace(placed, entries=entries)
    return placed
