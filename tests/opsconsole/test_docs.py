"""What the documentation points to is there: relative links, paths in backticks, decisions that comments name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("opsconsole", "bootstrap", "detections", "bench", "tests", "templates", "docs", "bin")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
DECISIONS = ROOT / "docs" / "decisions"

LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\s]+)`")
# A path of the repository: a folder, then a file with one of the endings that are written here.
PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)+\.(?:py|md|html|ya?ml|css|js|json|toml|txt)")
DECISION = re.compile(r"docs/decisions/[\w-]+\.md")
# Where a page speaks of one folder, its paths begin there.
BASES = tuple(ROOT / folder for folder in (".", "opsconsole", "opsconsole/static/opsconsole", "templates"))


@pytest.mark.parametrize("document", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_page_points_to_is_there(document: Path) -> None:
    missing = [*_broken_links(document), *_missing_paths(document)]
    assert not missing, "\n".join(missing)


def test_every_decision_is_in_the_index() -> None:
    index = set(LINK.findall((DECISIONS / "README.md").read_text()))
    assert index >= {path.name for path in DECISIONS.glob("[0-9]*.md")}


def test_decisions_that_code_names_are_there() -> None:
    sources = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    missing = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in sources
        for name in DECISION.findall(path.read_text())
        if not (ROOT / name).exists()
    ]
    assert not missing, "\n".join(missing)


def _broken_links(page: Path) -> Iterator[str]:
    """A line for each relative link of the page that leads to no file or folder."""
    for target in LINK.findall(page.read_text()):
        path = target.split("#")[0]
        if path and "://" not in path and not path.startswith("mailto:") and not (page.parent / path).exists():
            yield f"link to {target}"


def _missing_paths(page: Path) -> Iterator[str]:
    """A line for each path in backticks that is in no folder where it may begin."""
    for name in CODE.findall(page.read_text()):
        if PATH.fullmatch(name) and not any((base / name).exists() for base in BASES):
            yield f"path {name}"
