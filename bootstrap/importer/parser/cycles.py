"""Which waits may stay where some would close a circle (pure).

What closes a circle is left out, and nothing else. A graph without a circle, and whatever lies before or behind all
circles, costs two topological sorts; only between and on circles (the knot) each wait is tried by itself, because
`graphlib` sorts a whole graph and the order of the waits decides which one is left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence, Set
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter

Wait = tuple[int, int]  # who waits, for whom
# Steps over waits in all tries together: about a second. No runbook comes near it; a text made to hang does.
MOST_STEPS = 2_000_000


def kept(fixed: Sequence[Wait], asked: Sequence[Wait]) -> list[bool]:
    """For each of `asked` in its order whether it stays beside `fixed` (which has no circle) and those before it.

    A wait for itself is a circle. After MOST_STEPS nothing more of the knot stays.
    """
    knot = _knot([*fixed, *asked])
    following: dict[int, list[int]] = defaultdict(list)
    for waiting, needed in fixed:
        if waiting in knot and needed in knot:
            following[waiting].append(needed)
    steps, stay = MOST_STEPS, []
    for waiting, needed in asked:
        closes = False
        if waiting in knot and needed in knot:
            closes, steps = _reaches(following, needed, waiting, steps)
            if not closes:
                following[waiting].append(needed)
        stay.append(not closes)
    return stay


def _reaches(following: dict[int, list[int]], start: int, goal: int, steps: int) -> tuple[bool, int]:
    """Whether `goal` can be reached from `start`, and the steps that are left; without any left it is taken for yes."""
    seen, open_ = {start}, [start]
    while open_:
        node = open_.pop()
        if node == goal:
            return True, steps
        for after in following.get(node, ()):
            if steps <= 0:
                return True, 0
            steps -= 1
            if after not in seen:
                seen.add(after)
                open_.append(after)
    return steps <= 0, steps


def _knot(waits: Sequence[Wait]) -> set[int]:
    """The nodes on a circle, or on a path from one circle to another: only their waits can close a circle."""
    forwards, backwards = TopologicalSorter[int](), TopologicalSorter[int]()
    nodes = {node for wait in waits for node in wait}
    for waiting, needed in waits:
        forwards.add(waiting, needed)
        backwards.add(needed, waiting)
    return _blocked(forwards, nodes) & _blocked(backwards, nodes)


def _blocked(sorter: TopologicalSorter[int], nodes: Set[int]) -> set[int]:
    """The nodes that the sorter never reaches: those on a circle and all that follow one."""
    left = set(nodes)
    with suppress(CycleError):  # what lies before the circles is sorted all the same
        sorter.prepare()
    while ready := sorter.get_ready():
        left.difference_update(ready)
        sorter.done(*ready)
    return left
