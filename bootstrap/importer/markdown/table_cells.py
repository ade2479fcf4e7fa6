"""The cells of a table's row (pure): split, made as many as there are columns, written."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterable
from itertools import pairwise

ESCAPED = "\\|"
PIPE = re.compile(r"(?<!\\)\|")
_TICKS = re.compile(r"`+")


def row_as_markdown(cells: Iterable[str]) -> str:
    """The row as a line of markdown."""
    return f"| {' | '.join(cell.replace('|', ESCAPED) for cell in cells)} |"


def fitted(cells: list[str], columns: int) -> list[str]:
    """As many cells as the table has columns: what is too much goes into the last one."""
    kept = [*cells[: columns - 1], " | ".join(cells[columns - 1 :])]
    return kept + [""] * (columns - len(kept))


def unescaped(cell: str) -> str:
    return cell.strip().replace(ESCAPED, "|")


def split_outside_code(text: str) -> list[str]:
    """The text at each pipe that is neither escaped nor between backticks."""
    masked = list(text)
    for begin, end in code_spans(text):
        masked[begin:end] = "`" * (end - begin)
    pipes = [pipe.start() for pipe in PIPE.finditer("".join(masked))]
    return [text[before + 1 : pipe] for before, pipe in pairwise([-1, *pipes, len(text)])]


def code_spans(text: str) -> list[tuple[int, int]]:
    """Where code spans begin and end: from a run of backticks to the next one of the same length."""
    later: dict[int, deque[re.Match[str]]] = defaultdict(deque)
    runs = list(_TICKS.finditer(text))
    for run in runs:
        later[len(run[0])].append(run)
    spans, end = [], 0
    for run in runs:
        same = later[len(run[0])]
        same.popleft()  # the run itself
        if run.start() >= end and same:
            end = same[0].end()
            spans.append((run.start(), end))
    return spans
