"""Judges rules that count events: each scope's window against floors, its own baseline, and known failures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detections.rules.active_rules import LoadedRule, environments
from detections.rules.baseline import hourly_baselines
from detections.rules.baseline.hourly_baselines import figures_of, limits_of
from detections.rules.counting.counts import Tally, tally_all
from detections.rules.counting.coverage import CoveredMinutes
from detections.rules.evaluation import count_now, event_samples
from detections.rules.evaluation.compare_with_limits import (
    Decision,
    WindowCounts,
    compare_with_limits,
    threshold_of,
)
from detections.rules.evaluation.count_now import window_of
from detections.rules.evaluation.evaluator import (
    Case,
    Evaluator,
    LiveQuestion,
    LiveState,
    Result,
    ScopeContext,
    Selection,
)
from detections.rules.evaluation.fixture_events import EVENTS
from detections.rules.evaluation.scopes import EvaluationRequest
from detections.rules.evaluation.signatures import SampledEvent, busiest_window, matched
from detections.rules.evidence import exceedance
from detections.rules.evidence.exceedance import ExceedanceEvidence
from detections.rules.lifecycle.state import RuleState
from detections.rules.models import Baseline, Evaluation
from detections.rules.spec import describe
from detections.rules.spec.conditions import Exceedance
from detections.telemetry.models import ProjectEnvironment
from opsconsole.lib.clock import MINUTE, floor_hour

READ_MINUTES = 60  # what is read before a slot's end: the busy hour, two windows of 30 minutes, the longest signature
UNREADABLE = "The version of the rule that opened it can no longer be read, so nothing can be counted by it."


class Counted(NamedTuple):
    """What the scope's minutes and events amount to in the slot, and where its busiest window ends."""

    seen: WindowCounts
    busiest_end: datetime | None


@dataclass(frozen=True)
class ExceedanceCase(Case):
    """A scope's counts, coverage, baseline and single events."""

    tally: Tally
    covered: NDArray[np.bool_]  # of the source, minutes up to the slot's end
    baseline: Baseline | None
    sightings: Sequence[SampledEvent]
    complete: bool  # whether `sightings` are all events of the scope

    @cached_property
    def counted(self) -> Counted:
        window = window_of(self.context.rule)
        line = self.tally.of(self.source, READ_MINUTES)
        count, before = int(line[-window:].sum()), int(line[-2 * window : -window].sum())
        busiest, end = busiest_window((s.at for s in self.sightings), self.context.request.end, window)
        if self.source != "sentry" or busiest < count:  # no single events known, or not all: the aligned window counts
            busiest, end = count, self.context.request.end
        return Counted(WindowCounts(count, busiest, before, int(line.sum())), end)

    @cached_property
    def decision(self) -> Decision:
        spec = self.context.rule.spec
        counts = {source: line.tolist() for source, line in self.tally.minutes.items()}
        signatures = matched(spec.signatures, self.sightings, self.context.request.end, counts)
        return compare_with_limits(spec.exceedance, limits_of(self.baseline), self.counted.seen, signatures)


class ExceedanceEvaluator(Evaluator[Selection[Tally], ExceedanceCase, ExceedanceEvidence]):
    """The minute counts and events of a scope, one source of the rule at a time."""

    kind = Exceedance.kind()
    evidence = ExceedanceEvidence
    trigger = "events"
    after_outcomes = False
    repeats_evidence = False
    fixture_input = EVENTS

    def select(self, rules: Mapping[int, LoadedRule], request: EvaluationRequest) -> Selection[Tally]:
        """Scopes with an event in reach of their rule's window or signatures."""
        places = environments(request.only)
        tallies = tally_all(list(rules.values()), places, request.end - READ_MINUTES * MINUTE, request.end)
        return Selection(
            {key: tally for key, tally in tallies.items() if _is_active(tally, rules[key.rule_id])}, places
        )

    def read(
        self, selection: Selection[Tally], rules: Mapping[int, LoadedRule], contexts: Sequence[ScopeContext]
    ) -> list[ExceedanceCase]:
        request = contexts[0].request
        sources = {s.source for rule in rules.values() for s in rule.spec.selector.sources}
        covered = CoveredMinutes(sources, request.end - READ_MINUTES * MINUTE, request.end)
        baselines = hourly_baselines.in_force([context.scope for context in contexts], rules, request.hour)
        judged = {context.key for context in contexts}
        tallies = {key: tally for key, tally in selection.scopes.items() if key in judged}
        samples = event_samples.load(tallies, rules, request.end)
        cases = []
        for context in contexts:
            tally = tallies.get(context.key, Tally())
            source = choose_source(context.rule, context.state, tally, covered, context.place)
            case = ExceedanceCase(
                context=context,
                source=source,
                tally=tally,
                covered=covered.minutes(source, context.place),
                baseline=baselines.get((context.scope.id, source)),
                sightings=samples.of(context.key),
                complete=context.key not in samples.cut,
            )
            cases.append(case)
        return cases

    def judge(self, case: ExceedanceCase) -> Result:
        """Firing where the counts say so, even if minutes are not covered; else no data where they are not; else
        clear."""
        seen, decision = case.counted.seen, case.decision
        if decision.severity is not None:
            count = max(seen.count, seen.busiest)
            return Result(Evaluation.Outcome.FIRING, decision.severity, count, decision.limit)
        window = window_of(case.context.rule)
        missing = int((~case.covered[-window:]).sum())
        if missing:
            detail = f"{case.source} was not covered for {missing} of {window} minutes"
            return Result(Evaluation.Outcome.NO_DATA, detail=detail)
        return Result(Evaluation.Outcome.CLEAR, count=seen.count, limit=decision.limit)

    def record(self, case: ExceedanceCase, result: Result) -> ExceedanceEvidence:
        rule, decision, (seen, busiest_end) = case.context.rule, case.decision, case.counted
        condition, figures = rule.spec.exceedance, figures_of(case.baseline)
        method = condition.method if condition else "nb_tail"
        compared = figures is not None and figures.established
        p, z = exceedance.chance(seen.count, figures, method) if figures is not None and compared else (None, None)
        signature = decision.signature
        return ExceedanceEvidence(
            **case.shared,
            engine=exceedance.ENGINE,
            severity=result.severity or 0,
            reasons=list(decision.reasons),
            cause=signature.cause if signature else "",
            owner=signature.owner if signature else rule.spec.first_response,
            window_minutes=window_of(rule),
            count=seen.count,
            busiest=seen.busiest,
            busiest_end=busiest_end,
            before=seen.before,
            hour=seen.hour,
            limit=decision.limit,
            method=method,
            events=[s.event_id for s in case.sightings[-exceedance.EVENTS_KEPT :]][::-1],
            signature=signature.name if signature else "",
            exact=case.complete,
            baseline=figures,
            p=p,
            z=z,
        )

    def live(self, question: LiveQuestion[ExceedanceEvidence]) -> LiveState:
        """What the version that opened the alert counts at present, and from how many it fires now, which may not be
        what it fired from. At most four queries while the alert is open."""
        rule, record = question.rule, question.record
        if not question.is_open:
            return LiveState("")
        if rule is None:
            return LiveState(UNREADABLE)
        source = record.source if record else rule.spec.selector.sources[0].source
        count = count_now.count_now(rule, question.scope, source, question.now)
        window = record.window_minutes if record else 5
        limit = _fires_from(question, source)
        return LiveState(f"{describe.errors(count)} in the last {describe.minutes(window)}.{limit}")


def _fires_from(question: LiveQuestion[ExceedanceEvidence], source: str) -> str:
    """` Fires from 4.` with the estimate that is in force; '' where only known failures fire."""
    scope, rule = question.scope, question.rule
    if rule is None:
        return ""
    known = hourly_baselines.in_force([scope], {scope.rule_id: rule}, floor_hour(question.now))
    limits = limits_of(known.get((scope.pk, source)))
    least = threshold_of(rule.spec.exceedance, limits)
    learning = " while it is learnt" if limits is None else ""
    return "" if least is None else f" Fires from {least}{learning}."


def choose_source(
    rule: LoadedRule, state: RuleState, tally: Tally, covered: CoveredMinutes, environment: ProjectEnvironment
) -> str:
    """The source that the scope is judged by: the first that qualifies and was covered or counted in the window, else
    the first that qualifies; of a dormant rule, which is judged in shadow, any of its sources."""
    window = window_of(rule)
    able: list[str] = [s.source for s in state.sources if s.qualifies] or [s.source for s in state.sources]
    for source in able:
        if covered.minutes(source, environment)[-window:].any() or tally.of(source, READ_MINUTES)[-window:].any():
            return source
    return able[0]


def _is_active(tally: Tally, rule: LoadedRule) -> bool:
    recent = event_samples.reach(rule) // MINUTE
    return any(line[-recent:].any() for line in tally.minutes.values())
