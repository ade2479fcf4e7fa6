"""Links, paths and names in the documentation exist, and decisions that comments name."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("opsconsole", "bootstrap", "detections")
FOLDERS = ("opsconsole", "bootstrap", "detections", "bench", "tests", "templates", "docs", "bin")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
DECISIONS = ROOT / "docs" / "decisions"

VOCABULARY = ROOT / "docs" / "vocabulary.md"

LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\s]+)`")
# A path in the repository: folders, then a file with one of these extensions.
PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)+\.(?:py|md|html|ya?ml|css|js|json|toml|txt)")
TEST = re.compile(r"\btest_\w+\b")
DEFINED = re.compile(r"def (test_\w+)\(")
DECISION = re.compile(r"docs/decisions/[\w-]+\.md")
# A class, or a member of one: `Alert`, `Alert.handling`, `Alert.Status.FIRING`.
CLASS = re.compile(r"[A-Z][A-Za-z]*[a-z][A-Za-z]*(?:\.\w+)*")
# Folders that paths in the documentation may be relative to.
BASES = tuple(ROOT / folder for folder in (".", "opsconsole", "opsconsole/static/opsconsole", "templates"))


@pytest.mark.parametrize("document", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_and_paths_of_a_page_exist(document: Path) -> None:
    missing = [*_broken_links(document), *_missing_paths(document)]
    assert not missing, "\n".join(missing)


def test_every_decision_is_in_the_index() -> None:
    index = set(LINK.findall((DECISIONS / "README.md").read_text()))
    assert index >= {path.name for path in DECISIONS.glob("[0-9]*.md")}


def test_classes_and_fields_of_the_vocabulary_exist() -> None:
    rows = [line for line in VOCABULARY.read_text().splitlines() if line.startswith("|")]
    names = {name for row in rows for name in CODE.findall(row) if CLASS.fullmatch(name)}
    classes = _classes()
    assert names
    assert {name for name in names if not _is_defined(name.split("."), classes)} == set()


def test_tests_that_hold_a_promise_of_security_exist() -> None:
    promised = set(TEST.findall((ROOT / "docs" / "security.md").read_text()))
    files = [*(ROOT / "tests").rglob("test_*.py")]
    existing = {path.stem for path in files} | {name for path in files for name in DEFINED.findall(path.read_text())}
    assert promised
    assert promised - existing == set()


def test_decisions_that_code_names_exist() -> None:
    sources = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    missing = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in sources
        for name in DECISION.findall(path.read_text())
        if not (ROOT / name).exists()
    ]
    assert not missing, "\n".join(missing)


def _broken_links(page: Path) -> Iterator[str]:
    """A message for each relative link of the page without a file or folder."""
    for target in LINK.findall(page.read_text()):
        path = target.split("#")[0]
        if path and "://" not in path and not path.startswith("mailto:") and not (page.parent / path).exists():
            yield f"link to {target}"


def _missing_paths(page: Path) -> Iterator[str]:
    """A message for each path in backticks that exists in none of BASES."""
    for name in CODE.findall(page.read_text()):
        if PATH.fullmatch(name) and not any((base / name).exists() for base in BASES):
            yield f"path {name}"


def _classes() -> dict[str, list[ast.ClassDef]]:
    """The top-level classes of the packages by name."""
    classes = defaultdict(list)
    for path in (path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        if "migrations" not in path.parts:
            for node in _class_definitions(ast.parse(path.read_text()).body):
                classes[node.name].append(node)
    return classes


def _is_defined(parts: list[str], classes: dict[str, list[ast.ClassDef]]) -> bool:
    """Whether `parts` name a class, a class within it, or a member of one."""
    return any(_has_member(node, parts[1:]) for node in classes.get(parts[0], []))


def _has_member(node: ast.ClassDef, parts: list[str]) -> bool:
    if not parts:
        return True
    inner = [each for each in _class_definitions(node.body) if each.name == parts[0]]
    if inner:
        return _has_member(inner[0], parts[1:])
    return len(parts) == 1 and parts[0] in _members(node)


def _members(node: ast.ClassDef) -> Iterator[str]:
    for statement in node.body:
        if isinstance(statement, ast.FunctionDef):
            yield statement.name
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        yield from (target.id for target in targets if isinstance(target, ast.Name))


def _class_definitions(body: Iterable[ast.stmt]) -> Iterator[ast.ClassDef]:
    return (node for node in body if isinstance(node, ast.ClassDef))
