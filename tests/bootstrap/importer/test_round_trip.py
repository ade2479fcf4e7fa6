"""What is exported and imported again is the same."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from bootstrap.content.load import HERE
from bootstrap.importer import Runbook, read_runbook
from bootstrap.importer.blocks import Block
from bootstrap.importer.gfm import read_blocks
from bootstrap.importer.render import render
from bootstrap.importer.runbook import ChecklistPart
from tests.bootstrap.importer import strategies
from tests.seeds.files import seed_001


def without_lines(found: object) -> str:
    """All of it but the line numbers."""
    return re.sub(r"\b(line|first|last)=\d+", "", repr(found))


def told(runbook: Runbook) -> str:
    """All that was understood."""
    return without_lines(replace(runbook, unsure=(), checklists=tuple(_bare(part) for part in runbook.checklists)))


def _bare(part: ChecklistPart) -> ChecklistPart:
    return replace(part, source="")


@settings(max_examples=100)
@given(strategies.BLOCKS)
def test_blocks(blocks: list[Block]) -> None:
    assert without_lines(read_blocks(render(blocks))) == without_lines(blocks)


@settings(max_examples=50)
@given(strategies.checklists())
def test_generated_checklists(text: str) -> None:
    first = read_runbook(text)
    assert told(read_runbook(render(first.blocks))) == told(first)


def test_the_shipped_runbook() -> None:
    first = read_runbook((HERE / "raptor-runbook.md").read_text())
    assert told(read_runbook(render(first.blocks))) == told(first)


def test_the_flattened_seed_comes_out_as_ordinary_markdown_with_all_it_held() -> None:
    first = read_runbook(seed_001())
    again = read_runbook(render(first.blocks))
    assert told(again) == told(first)
    assert again.unsure == ()


@pytest.mark.parametrize("path", sorted(Path(__file__).resolve().parents[3].glob("*.md")), ids=lambda path: path.name)
def test_the_projects_own_documents(path: Path) -> None:
    blocks = read_blocks(path.read_text())
    assert without_lines(read_blocks(render(blocks))) == without_lines(blocks)
