"""A runbook as teams keep them: 120 boxes under ten headings, three of which are called checklist."""

from __future__ import annotations

from collections.abc import Iterator

BOXES = 120
EACH = 12  # boxes under a heading
HEAD = """---
title: Bringing up Magpie
owner: platform
---

# Bringing up Magpie

Work through it from top to bottom; ask in #platform where a step does not fit.
"""
HEADINGS = (
    "Access checklist",
    "Network",
    "Database",
    "Secrets",
    "Mail",
    "Release checklist",
    "Jobs",
    "Search",
    "Observability",
    "Handover checklist",
)
# The eighth box under these headings needs two people.
BY_TWO = ("Database", "Secrets")


def long_runbook() -> str:
    """The text: front matter, ten headings with prose, two tables, boxes with sub-boxes and texts beneath them."""
    return "\n".join([HEAD, *(line for heading in HEADINGS for line in _part(heading))])


def texts() -> list[str]:
    """What stands behind each box, in order."""
    return [text for heading in HEADINGS for _, text, _ in _boxes(heading)]


def _part(heading: str) -> Iterator[str]:
    yield from (f"## {heading}", "", f"What {heading.lower()} needs before anything else is started.", "")
    if heading in ("Database", "Secrets"):
        name = heading.upper()
        yield from ("| Variable | What it is | Default |", "|---|---|---|")
        yield from (f"| `{name}_URL` | Where it is | none |", f"| `{name}_POOL` | How many at once | 5 |", "")
    for depth, text, body in _boxes(heading):
        yield f"{'  ' * depth}- [ ] {text}"
        if body:
            yield from ("", f"{'  ' * depth}  {body}", "")
    yield ""


def _boxes(heading: str) -> Iterator[tuple[int, str, str]]:
    """(depth, text, text beneath) of each box of a heading: every fourth one has two sub-boxes."""
    word = heading.removesuffix(" checklist").lower()
    for number in range(1, EACH + 1):
        depth = 1 if number % 4 in (2, 3) else 0
        text = f"Step {number} of {word}: look at it in the console of the host"
        if number == 5 and heading in BY_TWO:
            text = f"`{heading.upper()}_URL` set"
        if number == 8 and heading in BY_TWO:
            text = f"Step {number} of {word} done by two people"
        yield depth, text, f"Ask the owner of {word} where it is not there." if number == 1 else ""
