"""Which waits may stay where some would go in a circle (pure).

What closes a circle is left out, and nothing else. A graph without a circle, and whatever lies before or behind all
circles, costs one walk; only within a knot each wait is tried, with a bound on the work of all tries together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

Wait = tuple[int, int]  # who waits, for whom
# Steps over waits in all tries together: about a second. No runbook comes near it; a text made to hang does.
MOST_STEPS = 2_000_000


def kept(count: int, fixed: Sequence[Wait], asked: Sequence[Wait]) -> list[bool]:
    """For each of `asked` in its order whether it stays beside `fixed` (which has no circle) and those before it.

    Nodes are numbers below `count`. A wait for itself is a circle. After MOST_STEPS nothing more of the knot stays.
    """
    knot = _knot(count, [*fixed, *asked])
    following: dict[int, list[int]] = defaultdict(list)
    for waiting, needed in fixed:
        if waiting in knot and needed in knot:
            following[waiting].append(needed)
    steps, stay = MOST_STEPS, []
    for waiting, needed in asked:
        inside = waiting in knot and needed in knot
        if inside:
            reached, steps = _reaches(following, needed, waiting, steps)
        stay.append(not inside or not reached)
        if inside and not reached:
            following[waiting].append(needed)
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


def _knot(count: int, waits: Sequence[Wait]) -> set[int]:
    """What is left when all that waits for nothing left, or that nothing left waits for, is taken away."""
    after: list[list[int]] = [[] for _ in range(count)]
    before: list[list[int]] = [[] for _ in range(count)]
    for waiting, needed in waits:
        after[waiting].append(needed)
        before[needed].append(waiting)
    left_after, left_before = list(map(len, after)), list(map(len, before))
    left = {node for node in range(count) if left_after[node] and left_before[node]}
    open_ = [node for node in range(count) if node not in left]
    while open_:
        node = open_.pop()
        for others, counts in ((before[node], left_after), (after[node], left_before)):
            for other in others:
                counts[other] -= 1
                if not counts[other] and other in left:
                    left.remove(other)
                    open_.append(other)
    return left
