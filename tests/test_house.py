"""The house's own measures (ARCHITECTURE.md): rooms stay small and say what they are for."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("opsconsole", "bootstrap", "detections")
SOURCES = [
    path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")) if "migrations" not in path.parts
]
# Where a file or function is longer than this it is doing two things; the aim is 300 and 30.
FILE_LINES, FUNCTION_LINES = 400, 60


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= FILE_LINES, f"{path} has {text.count(chr(10))} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            length = node.end_lineno - node.lineno + 1
            assert length <= FUNCTION_LINES, f"{path}:{node.lineno} {node.name} has {length} lines"


@pytest.mark.parametrize("path", [p for p in SOURCES if p.stat().st_size], ids=_name)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    if path.name in {"__init__.py", "apps.py"} and path.parent.name in {"commands", "management", "templatetags"}:
        return
    assert ast.get_docstring(ast.parse(path.read_text())), f"{path} has no docstring"


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_no_mutable_state_at_module_level(path: Path) -> None:
    """Seed 001's policy: what processes share is a row or a Redis key, never a module's dict that is written to."""
    tree = ast.parse(path.read_text())
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
    assert not containers & written, f"{path}: {containers & written} is written after import"
    assert not [n for n in ast.walk(tree) if isinstance(n, ast.Global)], f"{path} uses global"


# Names that several modules may give to a class, with the reason.
SHARED_NAMES = {
    "Command": "Django finds a management command by this name",
    "Case": "rules/evaluation: each kind's input, until evaluators share one contract",
    "Filters": "alerts and dashboard: until lists share their filters",
    "Names": "importer: names in the text, and rows by name, until the importer is rewritten",
    "Part": "importer: part of a text; rules: part of a specification",
    "Policy": "runbooks: a model; alerts: the settings of an episode",
    "Reported": "rules/evaluation: a report in a fixture, until fixtures are rewritten",
    "Result": "rules/evaluation: outcome of a fixture; alerts: outcome of a transition",
    "Runbook": "runbooks: a model; importer: the parsed text",
    "Sent": "rules/evaluation: an event in a fixture, until fixtures are rewritten",
    "Slot": "rules: a field of a model; rules/evaluation: what one slot is evaluated with",
}


def test_one_class_name_means_one_thing() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in SOURCES:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef):
                places[node.name].append(f"{_name(path)}:{node.lineno}")
    assert {name: found for name, found in places.items() if len(found) > 1 and name not in SHARED_NAMES} == {}
