"""Who signed an item, from the acts on it (pure)."""

from __future__ import annotations

from collections.abc import Sequence

from bootstrap.checklists.models import SignOff


def first_signature(acts: Sequence[SignOff]) -> SignOff | None:
    """The first of two signatures where the newest act is the second, else None.

    `acts` are all acts on an item, oldest first.
    """
    if len(acts) < 2 or acts[-1].act != SignOff.Act.DONE or acts[-2].act != SignOff.Act.SIGNED:
        return None
    return acts[-2]


def describe_newest(acts: Sequence[SignOff]) -> str:
    """The newest act in words, with the first signature where it took two people; empty without an act."""
    if not acts:
        return ""
    first = first_signature(acts)
    return f"{acts[-1].describe()}; {first.describe()}" if first else acts[-1].describe()
