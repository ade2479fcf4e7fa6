"""What judges one kind of rule: the contract, and what is passed through it.

`evaluate` calls an evaluator in four steps: `select` the active scopes, `read` everything for all scopes
at once, `judge` each scope (pure), `record` the evidence of what fires. `live` serves the page of an open alert.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from detections.rules.active_rules import LoadedRule
from detections.rules.counting.counts import ScopeKey
from detections.rules.evaluation.scopes import EvaluationRequest, Trigger
from detections.rules.evidence.base import EvidenceRecord, SharedFields
from detections.rules.lifecycle.state import RuleState
from detections.rules.models import Evaluation, Evidence, Scope
from detections.telemetry.models import Project, ProjectEnvironment

T = TypeVar("T")


@dataclass(frozen=True)
class Selection(Generic[T]):
    """By scope, what was found in it; `places` are the project environments that are judged, by id."""

    scopes: Mapping[ScopeKey, T]
    places: Mapping[int, ProjectEnvironment]


@dataclass(frozen=True)
class ScopeContext:
    """One scope at one slot, with what every kind needs."""

    key: ScopeKey
    scope: Scope
    rule: LoadedRule
    place: ProjectEnvironment
    state: RuleState
    request: EvaluationRequest

    @property
    def shadow(self) -> bool:
        return not self.state.armed


@dataclass(frozen=True)
class Case:
    """The input of the judgment of one scope; each kind adds what it reads."""

    context: ScopeContext
    source: str

    @property
    def shared(self) -> SharedFields:
        """The fields that evidence of every kind has from the scope and slot."""
        context = self.context
        return {
            "rule": context.rule.rule.identifier,
            "version": context.rule.version.number,
            "project": context.place.project.slug,
            "environment": context.place.name,
            "group": context.key.group_key,
            "source": self.source,
            "slot_end": context.request.end,
            "late": context.request.late,
            "shadow": context.shadow,
        }


@dataclass(frozen=True)
class Result:
    """The outcome of one scope. `severity` is set where it fires; `detail` says why there is no data."""

    outcome: Evaluation.Outcome
    severity: int | None = None
    count: int | None = None
    limit: int | None = None
    detail: str = ""

    @property
    def fires(self) -> bool:
        return self.outcome == Evaluation.Outcome.FIRING


@dataclass(frozen=True)
class Judgment:
    """A result with its evidence, to be written. `stored` is an earlier row with the content of `record`, if any."""

    case: Case
    result: Result
    record: EvidenceRecord | None = None
    stored: Evidence | None = None

    @property
    def scope(self) -> Scope:
        return self.case.context.scope

    @property
    def rule(self) -> LoadedRule:
        return self.case.context.rule

    @property
    def shadow(self) -> bool:
        return self.case.context.shadow

    @property
    def alerts(self) -> bool:
        """Whether it fires and is not in shadow."""
        return self.result.fires and not self.shadow


R = TypeVar("R", bound=EvidenceRecord)


@dataclass(frozen=True)
class LiveQuestion(Generic[R]):
    """The input of `live`: the scope of an alert at `now`. `rule` has the version that opened it, `record` is its
    strongest evidence; each is None where this console can no longer read it."""

    scope: Scope
    rule: LoadedRule | None
    record: R | None
    is_open: bool
    now: datetime


@dataclass(frozen=True)
class LiveState:
    """The present state of an alert's scope. `sentence` may be '' for a closed alert; `links` are (label, URL) for the
    advice of the evidence; `detail` is for the kind's own template."""

    sentence: str
    links: tuple[tuple[str, str], ...] = ()
    detail: Any = None


@dataclass(frozen=True)
class FixtureInput:
    """One kind of items in fixtures, under `key` of a fixture's file.

    `minutes` returns how many whole minutes an item lies before the fixture's end; `create` writes the items for a
    project and the name of its environment, as of the fixture's end.
    """

    key: str
    item: type[msgspec.Struct]
    minutes: Callable[[Any], int]
    create: Callable[[Project, str, Sequence[Any], datetime], None]


S = TypeVar("S", bound=Selection[Any])
C = TypeVar("C", bound=Case)


class Evaluator(Protocol[S, C, R]):
    """Judges one kind of rule. Registered in `registry`; the number of its queries does not grow with the scopes."""

    kind: str  # as rule specs spell it
    evidence: type[R]
    trigger: Trigger | None  # what lets it be judged before the minute is over; None: judged by the tick only
    after_outcomes: bool  # judged once the slot's outcomes of other kinds are written
    at_slots: bool = True  # False: it has a clock of its own, and is judged only where its rules are named
    repeats_evidence: bool  # whether evidence may say the same slot after slot, and is then stored once
    fixture_input: FixtureInput

    def select(self, rules: Mapping[int, LoadedRule], request: EvaluationRequest) -> S:
        """The active scopes, with what was read to select them."""

    def read(self, selection: S, rules: Mapping[int, LoadedRule], contexts: Sequence[ScopeContext]) -> Iterable[C]:
        """A case for each context, with everything that judging it takes; also for settling scopes
        without data, which are judged until their alerts have ended."""

    def judge(self, case: C) -> Result:
        """The outcome. Asks the database nothing; what it raises becomes an outcome of this scope alone."""

    def record(self, case: C, result: Result) -> R:
        """The evidence of a result that fires. Asks the database nothing."""

    def live(self, question: LiveQuestion[R]) -> LiveState:
        """What holds at present in the scope of an alert."""
