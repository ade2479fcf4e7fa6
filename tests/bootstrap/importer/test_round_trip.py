"""What is exported and imported again is the same."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis.extra.django import TestCase

from bootstrap.checklists.models import Item
from bootstrap.content.load import HERE
from bootstrap.importer import ParsedRunbook, read_runbook
from bootstrap.importer.markdown.blocks import Block
from bootstrap.importer.markdown.parse import read_blocks
from bootstrap.importer.markdown.render import render
from bootstrap.importer.parsed_runbook import ChecklistPart, ItemRow
from bootstrap.importer.store.import_text import store
from tests.bootstrap import builders
from tests.bootstrap.importer import strategies
from tests.examples import examples
from tests.seeds.files import seed_001

pytestmark = pytest.mark.slow


def without_lines(found: object) -> str:
    """All of it but the line numbers."""
    return re.sub(r"\b(line|first|last)=\d+", "", repr(found))


def told(runbook: ParsedRunbook) -> str:
    """All that was understood."""
    return without_lines(replace(runbook, unsure=(), checklists=tuple(_bare(part) for part in runbook.checklists)))


def _bare(part: ChecklistPart) -> ChecklistPart:
    return replace(part, source="")


@given(strategies.BLOCKS)
def test_blocks(blocks: list[Block]) -> None:
    assert without_lines(read_blocks(render(blocks))) == without_lines(blocks)


@given(strategies.checklists())
def test_generated_checklists(text: str) -> None:
    first = read_runbook(text)
    assert told(read_runbook(render(first.blocks))) == told(first)


@given(strategies.whole_checklists())
def test_whole_checklists(text: str) -> None:
    first = read_runbook(text)
    assert told(read_runbook(render(first.blocks))) == told(first)


def test_the_generated_checklists_hold_what_they_are_meant_to() -> None:
    """A strategy that never draws a pair proves nothing about pairs."""

    def holds(wanted: Callable[[ItemRow], object]) -> None:
        find(
            strategies.whole_checklists(),
            lambda text: any(map(wanted, _items(read_runbook(text)))),
            settings=settings(phases=[Phase.generate], database=None, max_examples=500),
        )

    holds(lambda item: item.depth == 3)
    holds(lambda item: item.together)
    holds(lambda item: item.needs_sections)
    holds(lambda item: item.two_person)
    holds(lambda item: item.evidence_required)


class TestStored(TestCase):
    @settings(max_examples=examples(15))
    @given(strategies.whole_checklists())
    def test_what_is_stored_and_exported_is_read_as_the_same(self, text: str) -> None:
        first = read_runbook(text)
        outcome = store(first, text, "", builders.person())
        exported = render(read_runbook(outcome.version.source).blocks)
        again = read_runbook(exported)
        assert told(again) == told(first)
        items = Item.objects.filter(section__version__runbook_version=outcome.version)
        kept = items.order_by("section__order", "order").values_list(
            "key", "depth", "two_person", "needs__needs_item__key"
        )
        rows = {(key, depth, two) for key, depth, two, _ in kept}
        assert rows == {(item.key, item.depth, item.two_person) for item in _items(again)}
        needs = {(key, needed) for key, _, _, needed in kept if needed}
        assert needs == {(item.key, key) for item in _items(again) for key in (*item.needs_items, *item.together)}


def _items(found: ParsedRunbook) -> list[ItemRow]:
    return [item for part in found.checklists for section in part.sections for item in section.items]


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
