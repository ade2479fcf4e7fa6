"""Rules for the source (ARCHITECTURE.md): short files and functions, docstrings, no module state, unique classes."""

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
# In lines. What is longer does two things.
FILE_LINES, FUNCTION_LINES = 300, 30

# Class names that several modules may use, with the reason. An entry that no longer applies fails the test.
SHARED_NAMES = {
    "Command": "Django requires this name for management commands",
}


@pytest.fixture(scope="module")
def trees() -> dict[Path, ast.Module]:
    """The syntax tree of each source file, parsed once for the tests below."""
    return {path: ast.parse(path.read_text()) for path in SOURCES}


def test_files_and_functions_stay_small(trees: dict[Path, ast.Module]) -> None:
    too_long = [each for path, tree in trees.items() for each in _too_long(path, tree)]
    assert not too_long, "\n".join(too_long)


def test_every_module_has_a_docstring(trees: dict[Path, ast.Module]) -> None:
    missing = [str(path) for path, tree in trees.items() if _needs_docstring(path) and not ast.get_docstring(tree)]
    assert not missing, "without a docstring:\n" + "\n".join(missing)


def test_no_mutable_state_at_module_level(trees: dict[Path, ast.Module]) -> None:
    """Processes share rows and Redis keys, never a module's dict that is changed at run time."""
    written = [each for path, tree in trees.items() for each in _module_state(path, tree)]
    assert not written, "\n".join(written)


def test_one_class_name_means_one_thing(trees: dict[Path, ast.Module]) -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path, tree in trees.items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                places[node.name].append(f"{path.relative_to(ROOT)}:{node.lineno}")
    shared = {name: lines for name, lines in places.items() if len(lines) > 1}
    assert {name: lines for name, lines in shared.items() if name not in SHARED_NAMES} == {}
    assert SHARED_NAMES.keys() - shared.keys() == set(), "entries of SHARED_NAMES that are no longer needed"


def _too_long(path: Path, tree: ast.Module) -> Iterator[str]:
    """A message for the file, and for each of its functions, that is over the limit."""
    lines = path.read_text().count("\n")
    if lines > FILE_LINES:
        yield f"{path} has {lines} lines"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            length = node.end_lineno - node.lineno + 1
            if length > FUNCTION_LINES:
                yield f"{path}:{node.lineno} {node.name} has {length} lines"


def _needs_docstring(path: Path) -> bool:
    """Whether the file needs a docstring: not if it is empty or only makes a folder a package."""
    packaging = {"commands", "management", "templatetags"}
    return path.stat().st_size > 0 and not (path.name in {"__init__.py", "apps.py"} and path.parent.name in packaging)


def _module_state(path: Path, tree: ast.Module) -> Iterator[str]:
    """A message for module-level containers that functions change, and for `global`."""
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


def test_the_list_of_slow_tests_names_tests_that_are_there() -> None:
    names = (ROOT / "tests" / "slow.txt").read_text().split()
    assert names == sorted(set(names))
    gone = [name for name in names if not _defines(*name.split("::"))]
    assert gone == []


def _defines(path: str, *names: str) -> bool:
    file = ROOT / path
    return file.exists() and f"def {names[-1]}(" in file.read_text()
