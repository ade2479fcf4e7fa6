"""Compares the chain with heads that were noted outside of the database (pure)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bootstrap.checklists.audit.chain_head import KnownHead

SHOWN = 20


@dataclass(frozen=True)
class SoundPart:
    """The acts before the first fault: how many, the id of the last, and the newest head that covers some of them.

    `head_number` and `head_acts` are of that head's act; 0 without a head.
    """

    acts: int
    last: int
    head: KnownHead | None
    head_number: int
    head_acts: int


class HeadComparison:
    """Takes the acts in order and tells which heads the chain has, and what is missing, in sentences."""

    def __init__(self, heads: Iterable[KnownHead]) -> None:
        self.heads = tuple(heads)
        self.reached: KnownHead | None = None  # the newest head that the chain has
        self.reached_number = self.reached_acts = 0  # of its act: the id, and how many acts there are up to it
        self.given: KnownHead | None = None  # the same of heads from the command line
        self.given_number = self.given_acts = 0
        self.acts = 0
        self.last = 0
        self._by_number: dict[int, list[KnownHead]] = defaultdict(list)
        self._by_hash: dict[str, list[KnownHead]] = defaultdict(list)
        for head in self.heads:
            if head.number:
                self._by_number[head.number].append(head)
            else:
                self._by_hash[head.hash].append(head)
        self._rewritten: list[str] = []
        self._sound: SoundPart | None = None

    @property
    def sound(self) -> SoundPart:
        """The acts before the first fault; all that were taken if there is none."""
        return self._sound or SoundPart(self.acts, self.last, self.reached, self.reached_number, self.reached_acts)

    def take(self, number: int, digest: str, *, faulty: bool = False) -> None:
        """The next act: its id and its hash, and whether something else is wrong with it."""
        known = ((head.hash == digest and head.acts in (0, self.acts + 1)) for head in self._by_number.get(number, ()))
        if self._sound is None and (faulty or not all(known)):
            self._sound = self.sound
        self.acts += 1
        self.last = number
        for head in self._by_number.pop(number, ()):
            if head.hash == digest and head.acts in (0, self.acts):
                self._reach(head)
            else:
                self._rewritten.append(_rewritten(head, self.acts, same_hash=head.hash == digest))
        for head in self._by_hash.pop(digest, ()):
            self._reach(head)

    def _reach(self, head: KnownHead) -> None:
        self.reached, self.reached_number, self.reached_acts = head, self.last, self.acts
        if head.given:
            self.given, self.given_number, self.given_acts = head, self.last, self.acts

    def findings(self) -> tuple[str, ...]:
        """What the heads say against the chain. Call after the last act."""
        left = [head for heads in self._by_number.values() for head in heads]
        behind = [head for head in left if head.number > self.last]
        within = [head for head in left if head.number <= self.last]
        gone = [f"sign-off {head.number} is gone: the chain ended with it ({head.describe()})" for head in within]
        unknown = [_unknown(heads[0]) for heads in self._by_hash.values()]
        return (*self._cut_off(behind), *_first(self._rewritten), *_first(gone), *_first(unknown))

    def _cut_off(self, behind: list[KnownHead]) -> Iterator[str]:
        """One sentence, by the newest head, however many acts are gone."""
        if not behind:
            return
        newest = max(behind, key=lambda head: (head.number, head.acts))
        was = f"the chain had {_acts(newest.acts)} and ended" if newest.acts else "the chain ended"
        what = "acts were removed from its end" if self.acts else "all acts were removed"
        now = f"it has {_acts(self.acts)} and ends with sign-off {self.last}" if self.acts else "it is empty"
        yield f"{what}: {was} with sign-off {newest.number} ({newest.describe()}); now {now}"


def _rewritten(head: KnownHead, acts: int, *, same_hash: bool) -> str:
    if same_hash:
        return f"up to sign-off {head.number} there are {_acts(acts)}, but there were {head.acts} ({head.describe()})"
    return (
        f"sign-off {head.number} is not the one that the chain ended with ({head.describe()}): the chain was rewritten"
    )


def _unknown(head: KnownHead) -> str:
    return (
        f"the chain does not contain {head.hash} ({head.describe()}): "
        "acts were removed from its end, or it was rewritten"
    )


def _acts(number: int) -> str:
    return f"{number} act{'' if number == 1 else 's'}"


def _first(sentences: list[str]) -> list[str]:
    """At most SHOWN sentences, and how many more there are."""
    more = len(sentences) - SHOWN
    return [*sentences[:SHOWN], f"and {more} more of this kind"] if more > 0 else sentences
