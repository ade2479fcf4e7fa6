"""The words of vocabulary.toml: each is a pattern, each is asked for, and what is asked for is there."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bootstrap.importer import vocabulary

ROOM = Path(vocabulary.__file__).parent
DATA = tomllib.loads((ROOM / "vocabulary.toml").read_text("utf-8"))
ASKING = {"words": list, "pattern": list, "patterns": dict}


def entries(data: dict[str, Any], above: str = "") -> Iterator[tuple[str, list[str]]]:
    """(name, alternatives) of every list, the name as `table.done`."""
    for key, value in data.items():
        if isinstance(value, dict):
            yield from entries(value, f"{above}{key}.")
        else:
            yield above + key, value


def asked() -> Iterator[tuple[str, str, str]]:
    """(module, function, name) of every call that asks the vocabulary for an entry by a literal name."""
    for path in sorted(ROOM.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in ASKING:
                name = call.args[0]
                if isinstance(name, ast.Constant):
                    yield path.name, call.func.id, str(name.value)
                else:  # a computed name would hide from these tests; the vocabulary itself takes names as arguments
                    assert path.name == "vocabulary.py", f"{path.name} computes the name of an entry"


ENTRIES = dict(entries(DATA))
ASKED = sorted(asked())


@pytest.mark.parametrize("name", ENTRIES)
def test_every_entry_compiles(name: str) -> None:
    for alternative in ENTRIES[name]:
        assert re.compile(alternative, re.IGNORECASE)
    assert vocabulary.pattern(name, "(?:{})").pattern == f"(?:{'|'.join(ENTRIES[name])})"


@pytest.mark.parametrize("name", ENTRIES)
def test_every_entry_is_used(name: str) -> None:
    names = {asked_name for _, _, asked_name in ASKED}
    assert name in names or name.rpartition(".")[0] in names


@pytest.mark.parametrize(("module", "function", "name"), ASKED)
def test_every_name_that_is_asked_for_exists(module: str, function: str, name: str) -> None:
    entry: Any = DATA
    for part in name.split("."):
        entry = entry[part]
    assert entry
    assert isinstance(entry, ASKING[function])
