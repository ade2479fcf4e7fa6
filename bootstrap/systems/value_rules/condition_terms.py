"""The terms of conditions, and the facts they are evaluated with (pure). `conditions` parses them from text."""

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
    """What is known of a deployment. A name that is missing here is not known.

    `flags`: by name, True for on. `states`: by variable, `set`, `empty` or `unset`. `workers`: how many there are.
    """

    flags: Mapping[str, bool] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)
    workers: int | None = None


class Predicate(ABC):
    """A condition over facts. `parse(str(predicate))` gives an equal one."""

    @abstractmethod
    def holds(self, facts: Facts) -> bool | None:
        """Whether it is true; None where the known facts do not decide it."""

    @abstractmethod
    def explain(self, facts: Facts) -> str:
        """The facts that decide the answer, in words without a full stop: `FLAG_DEMO_SESSION is on`."""

    def leaves(self) -> Iterator[Predicate]:
        """Its terms in the order of the text: flags, workers, variables, always and never."""
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
        on = facts.flags.get(self.name)
        return None if on is None else on is self.on

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
    """The negation; unknown stays unknown."""

    part: Predicate

    def holds(self, facts: Facts) -> bool | None:
        answer = self.part.holds(facts)
        return None if answer is None else not answer

    def explain(self, facts: Facts) -> str:
        return self.part.explain(facts)

    def leaves(self) -> Iterator[Predicate]:
        return self.part.leaves()

    def __str__(self) -> str:
        return f"not ({self.part})" if isinstance(self.part, _Several) else f"not {self.part}"


@dataclass(frozen=True)
class _Several(Predicate):
    """Two or more parts. Where one part's answer is `_decides`, that is the answer of the whole."""

    parts: tuple[Predicate, ...]
    _decides = False
    _word = ""

    def holds(self, facts: Facts) -> bool | None:
        answers = [part.holds(facts) for part in self.parts]
        if self._decides in answers:
            return self._decides
        return None if None in answers else not self._decides

    def explain(self, facts: Facts) -> str:
        """The first part that decides it; else the unknown parts; else all parts."""
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
        """Whether the text would parse differently without brackets around `part`."""
        return isinstance(part, _Several)


class All(_Several):
    """`… and …`: False where one part is False, even if others are unknown."""

    _decides = False
    _word = "and"


class AnyOf(_Several):
    """`… or …`: True where one part is True, even if others are unknown."""

    _decides = True
    _word = "or"

    def _brackets(self, part: Predicate) -> bool:
        return isinstance(part, AnyOf)
