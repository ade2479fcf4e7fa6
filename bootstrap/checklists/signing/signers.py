"""Who signed an item, from the acts on it (pure)."""

from __future__ import annotations

from collections.abc import Sequence

from bootstrap.checklists.models import SignOff


def first_of(acts: Sequence[SignOff]) -> SignOff | None:
    """The first signature of an item that a second person completed; `acts` are those on it, oldest first."""
    if len(acts) < 2 or acts[-1].act != SignOff.Act.DONE or acts[-2].act != SignOff.Act.SIGNED:
        return None
    return acts[-2]


def told_of(acts: Sequence[SignOff]) -> str:
    """The newest act in words, with both signers where it took two; empty without an act."""
    if not acts:
        return ""
    first = first_of(acts)
    return f"{acts[-1].told()}; {first.told()}" if first else acts[-1].told()
