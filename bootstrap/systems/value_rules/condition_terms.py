"""What conditions consist of, and the facts that they are asked with (pure); `conditions` reads them from text."""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

Comparison = Literal["=", "<", "<=", ">", ">="]
COMPARE: Final[Mapping[Comparison, Callable[[int, int], bool]]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True)
class Facts:
    """What is known of a deployment. What is missing here is not known.

    `flags` by name, True for on; `states` of variables: `set`, `empty` or `unset`; `workers` that serve.
    """

    flags: Mapping[str, bool] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)
    workers: int | None = None


class Predicate(ABC):
    """A question about facts. `str()` writes it so that `parse` reads an equal one."""

    @abstractmethod
    def holds(self, facts: Facts) -> bool | None:
        """Yes, no, or None where the facts that are known do not decide it."""

    @abstractmethod
    def explain(self, facts: Facts) -> str:
        """The facts that decide the answer, in words without a full stop: `FLAG_DEMO_SESSION is on`."""

    def leaves(self) -> Iterator[Predicate]:
        """Its smallest parts in the order of the text: flags, workers, variables, always and never."""
        yield self


@dataclass(frozen=True)
class Constant(Predicate):
    """`always` or `never`."""

    value: bool

    def holds(self, facts: Facts) -> bool:
        return self.value

    def explain(self, facts: Facts) -> str:
        return "it always holds" if self.value else "it never holds"

    def __str__(self) -> str:
        return "always" if self.value else "never"


@dataclass(frozen=True)
class FlagIs(Predicate):
    """A flag that is on, or off."""

    name: str
    on: bool

    def holds(self, facts: Facts) -> bool | None:
        found = facts.flags.get(self.name)
        return None if found is None else found is self.on

    def explain(self, facts: Facts) -> str:
        words = {True: "is on", False: "is off", None: "was not reported"}
        return f"{self.name} {words[facts.flags.get(self.name)]}"

    def __str__(self) -> str:
        return f"{self.name}={int(self.on)}"


@dataclass(frozen=True)
class Workers(Predicate):
    """How many processes serve, compared with a number."""

    comparison: Comparison
    number: int

    def holds(self, facts: Facts) -> bool | None:
        return None if facts.workers is None else COMPARE[self.comparison](facts.workers, self.number)

    def explain(self, facts: Facts) -> str:
        if facts.workers is None:
            return "the number of workers is not known"
        return "there is 1 worker" if facts.workers == 1 else f"there are {facts.workers} workers"

    def __str__(self) -> str:
        return f"workers{self.comparison}{self.number}"


@dataclass(frozen=True)
class IsSet(Predicate):
    """A variable that has a value; an empty one has none."""

    name: str

    def holds(self, facts: Facts) -> bool | None:
        state = facts.states.get(self.name)
        return None if state is None else state == "set"

    def explain(self, facts: Facts) -> str:
        state = facts.states.get(self.name)
        return f"{self.name} was not reported" if state is None else f"{self.name} is {state}"

    def __str__(self) -> str:
        return f"set({self.name})"


@dataclass(frozen=True)
class Not(Predicate):
    """The opposite; what is not known stays so."""

    part: Predicate

    def holds(self, facts: Facts) -> bool | None:
        found = self.part.holds(facts)
        return None if found is None else not found

    def explain(self, facts: Facts) -> str:
        return self.part.explain(facts)

    def leaves(self) -> Iterator[Predicate]:
        return self.part.leaves()

    def __str__(self) -> str:
        return f"not ({self.part})" if isinstance(self.part, _Several) else f"not {self.part}"


@dataclass(frozen=True)
class _Several(Predicate):
    """Two or more parts. `_decides` is the answer of one part that settles the whole."""

    parts: tuple[Predicate, ...]
    _decides = False
    _word = ""

    def holds(self, facts: Facts) -> bool | None:
        answers = [part.holds(facts) for part in self.parts]
        if self._decides in answers:
            return self._decides
        return None if None in answers else not self._decides

    def explain(self, facts: Facts) -> str:
        """The first part that settles it; else those that leave it open; else all."""
        answer = self.holds(facts)
        telling = [part for part in self.parts if part.holds(facts) is answer]
        chosen = telling[:1] if answer is self._decides else telling
        return " and ".join(dict.fromkeys(part.explain(facts) for part in chosen))

    def leaves(self) -> Iterator[Predicate]:
        for part in self.parts:
            yield from part.leaves()

    def __str__(self) -> str:
        return f" {self._word} ".join(f"({part})" if self._brackets(part) else str(part) for part in self.parts)

    def _brackets(self, part: Predicate) -> bool:
        """Whether it would be read otherwise without brackets."""
        return isinstance(part, _Several)


class All(_Several):
    """`… and …`: one No settles it, whatever is not known."""

    _decides = False
    _word = "and"


class AnyOf(_Several):
    """`… or …`: one Yes settles it."""

    _decides = True
    _word = "or"

    def _brackets(self, part: Predicate) -> bool:
        return isinstance(part, AnyOf)
