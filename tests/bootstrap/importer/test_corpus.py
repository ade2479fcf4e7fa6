"""Runbooks as other teams write them (shapes/*.md, with what a person counts in *.json)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bootstrap.importer import read_file, read_runbook
from bootstrap.importer.markdown.parse import same_letters
from bootstrap.importer.markdown.render import render
from bootstrap.importer.review.summary import summary
from tests.bootstrap.importer.test_round_trip import told

SHAPES = sorted((Path(__file__).parent / "shapes").glob("*.md"))


@pytest.fixture(params=SHAPES, ids=lambda path: path.stem)
def shape(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def expected(shape: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(shape.with_suffix(".json").read_text())
    return read


def test_items_are_those_that_a_person_counts(shape: Path) -> None:
    _, found = read_file(shape.read_bytes(), shape.name)
    said, wanted = summary(found), expected(shape)
    assert [item["text"] for item in said["items"]] == wanted["items"]
    assert {name: said["counts"][name] for name in wanted.get("counts", {})} == wanted.get("counts", {})
    keys = [item["key"] for item in said["items"]]
    assert len(set(keys)) == len(keys)
    assert all(key and len(key) <= 100 for key in keys)


def test_items_stand_on_their_lines(shape: Path) -> None:
    text, found = read_file(shape.read_bytes(), shape.name)
    lines = text.split("\n")
    for item in summary(found)["items"]:
        assert item["text"].split()[0].strip("`") in lines[item["line"] - 1]


def test_no_line_is_lost_and_what_comes_out_goes_in_equal(shape: Path) -> None:
    text, found = read_file(shape.read_bytes(), shape.name)
    covered = {line for block in found.blocks for line in range(block.first, block.last + 1)}
    assert {number for number, line in enumerate(text.split("\n"), 1) if line.strip()} <= covered
    written = render(found.blocks)
    assert same_letters(written, text)
    assert told(read_runbook(written)) == told(found)
    assert render(read_runbook(written).blocks) == written
