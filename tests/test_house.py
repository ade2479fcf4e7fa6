"""The house's own measures (ARCHITECTURE.md): rooms stay small and say what they are for."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("opsconsole", "bootstrap", "detections")
SOURCES = [
    path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")) if "migrations" not in path.parts
]
# Where a file or function is longer than this it is doing two things; the aim is 300 and 30.
FILE_LINES, FUNCTION_LINES = 400, 60

# Names that several modules may give to a class, with the reason.
SHARED_NAMES = {
    "Command": "Django finds a management command by this name",
    "Names": "importer: names in the text, and rows by name, until the importer is rewritten",
    "Part": "importer: part of a text; doctor: part of a report",
    "Runbook": "runbooks: a model; importer: the parsed text",
}


@pytest.fixture(scope="module")
def trees() -> dict[Path, ast.Module]:
    """Each source file with its syntax tree, read once for the tests below."""
    return {path: ast.parse(path.read_text()) for path in SOURCES}


def test_files_and_functions_stay_small(trees: dict[Path, ast.Module]) -> None:
    too_long = [each for path, tree in trees.items() for each in _too_long(path, tree)]
    assert not too_long, "\n".join(too_long)


def test_every_module_says_what_it_is_for(trees: dict[Path, ast.Module]) -> None:
    silent = [str(path) for path, tree in trees.items() if _needs_docstring(path) and not ast.get_docstring(tree)]
    assert not silent, "without a docstring:\n" + "\n".join(silent)


def test_no_mutable_state_at_module_level(trees: dict[Path, ast.Module]) -> None:
    """What processes share is a row or a Redis key, never a module's dict that is written to."""
    written = [each for path, tree in trees.items() for each in _module_state(path, tree)]
    assert not written, "\n".join(written)


def test_one_class_name_means_one_thing(trees: dict[Path, ast.Module]) -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path, tree in trees.items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                places[node.name].append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert {name: found for name, found in places.items() if len(found) > 1 and name not in SHARED_NAMES} == {}


def _too_long(path: Path, tree: ast.Module) -> Iterator[str]:
    """A line for the file and for each of its functions that is over the limit."""
    lines = path.read_text().count("\n")
    if lines > FILE_LINES:
        yield f"{path} has {lines} lines"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            length = node.end_lineno - node.lineno + 1
            if length > FUNCTION_LINES:
                yield f"{path}:{node.lineno} {node.name} has {length} lines"


def _needs_docstring(path: Path) -> bool:
    """Not what is empty, nor the files that only make a folder a package of Django's."""
    packaging = {"commands", "management", "templatetags"}
    return path.stat().st_size > 0 and not (path.name in {"__init__.py", "apps.py"} and path.parent.name in packaging)


def _module_state(path: Path, tree: ast.Module) -> Iterator[str]:
    """A line for the file's containers that functions write to, and one for `global`."""
    containers = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Dict | ast.List | ast.Set)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    written = {
        node.value.id
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del)
        if isinstance(node.value, ast.Name)
    }
    if containers & written:
        yield f"{path}: {containers & written} is written after import"
    if any(isinstance(node, ast.Global) for node in ast.walk(tree)):
        yield f"{path} uses global"
