"""Pure: of many names those that are most like one that is not among them (no ORM).

Names are compared by the pairs of letters that they share, which takes a fiftieth of what difflib takes: there may be
ten thousand routes, and somebody is typing.
"""

from __future__ import annotations

from collections.abc import Iterable

LEAST_ALIKE = 0.5  # of 1, the same pairs


def nearest(name: str, names: Iterable[str], most: int = 3) -> list[str]:
    """At most so many of the names, most alike first; none where nothing is alike. Case does not matter."""
    pairs = _pairs(name)
    scored = ((_alike(pairs, _pairs(each)), each) for each in set(names))
    ranked = sorted((-score, len(each), each) for score, each in scored if score >= LEAST_ALIKE)
    return [each for _, _, each in ranked[:most]]


def nearest_routes(pattern: str, routes: Iterable[str], most: int = 3) -> list[str]:
    """As `nearest`, of a glob: the routes below it first, since `/orders` is often meant as `/orders/*`."""
    stem = pattern.rstrip("*").rstrip("/")
    if not stem:
        return []
    known = set(routes)
    below = sorted(
        (route for route in known if route.lower().startswith(f"{stem.lower()}/")), key=lambda r: (len(r), r)
    )
    return [*below, *nearest(stem, known.difference(below), most)][:most]


def _pairs(text: str) -> frozenset[str]:
    folded = f" {text.lower()} "
    return frozenset(folded[at : at + 2] for at in range(len(folded) - 1))


def _alike(one: frozenset[str], other: frozenset[str]) -> float:
    return 2 * len(one & other) / (len(one) + len(other))
