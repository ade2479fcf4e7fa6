"""One scope at one slot: from what was read to an outcome with its evidence. Asks the database nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from detections.rules.active_rules import InForce
from detections.rules.baseline.store import figures_of, limits_of
from detections.rules.counting.counts import Tally
from detections.rules.evaluation.signatures import Sighting, busiest_window, matched
from detections.rules.evidence import event_rate
from detections.rules.evidence.records import AnyRecord
from detections.rules.lifecycle.state import RuleState
from detections.rules.models import Baseline, Evaluation, Evidence, Scope
from detections.rules.spec.thresholds import Decision, Seen, decide
from detections.telemetry.models import ProjectEnvironment
from opsconsole.lib.text.secrets import scrub_text

READ_MINUTES = 60  # what is read before a slot's end: the busy hour, two windows of 30 minutes, the longest signature
DETAIL_LENGTH = 300  # what an evaluation keeps of an error
SEARCHED = 2000  # what of it is searched for secrets, before it is cut


@dataclass(frozen=True)
class Case:
    """All that the judgment of one scope at one slot rests on."""

    scope: Scope
    rule: InForce
    environment: ProjectEnvironment
    state: RuleState
    source: str
    tally: Tally
    covered: NDArray[np.bool_]  # of the source, minutes up to the slot's end
    baseline: Baseline | None
    sightings: Sequence[Sighting]
    complete: bool
    slot_end: datetime
    late: bool


@dataclass(frozen=True)
class Judgment:
    """`severity` and `record` are set where it fires; `detail` says why there is no data, or what went wrong."""

    scope: Scope
    rule: InForce
    outcome: Evaluation.Outcome
    source: str
    shadow: bool
    late: bool
    severity: int | None = None
    count: int | None = None
    limit: int | None = None
    detail: str = ""
    record: AnyRecord | None = None
    told: Evidence | None = None  # an earlier row that holds this very record

    @property
    def fires(self) -> bool:
        return self.outcome == Evaluation.Outcome.FIRING


def judge(case: Case) -> Judgment:
    """Firing where the counts say so, even if minutes are not covered; else no data where they are not; else clear."""
    seen, busiest_end = _seen(case)
    spec = case.rule.spec
    counts = {source: line.tolist() for source, line in case.tally.minutes.items()}
    found = matched(spec.signatures, case.sightings, case.slot_end, counts)
    decision = decide(spec.exceedance, limits_of(case.baseline), seen, found)
    if decision.severity is not None:
        record = _record(case, seen, busiest_end, decision)
        return _judgment(
            case,
            Evaluation.Outcome.FIRING,
            severity=decision.severity,
            count=max(seen.count, seen.busiest),
            limit=decision.limit,
            record=record,
        )
    window = window_of(case.rule)
    missing = int((~case.covered[-window:]).sum())
    if missing:
        detail = f"{case.source} was not covered for {missing} of {window} minutes"
        return _judgment(case, Evaluation.Outcome.NO_DATA, detail=detail)
    return _judgment(case, Evaluation.Outcome.CLEAR, count=seen.count, limit=decision.limit)


def failed(scope: Scope, rule: InForce, error: Exception, *, source: str, shadow: bool, late: bool = False) -> Judgment:
    """The outcome where judging raised. The error may quote what was judged, so its text is scrubbed as events are."""
    said = scrub_text(" ".join(f"{type(error).__name__}: {error}"[:SEARCHED].split()))
    return Judgment(scope, rule, Evaluation.Outcome.ERROR, source, shadow, late, detail=said[:DETAIL_LENGTH])


def window_of(rule: InForce) -> int:
    """Minutes of the rule's window; a rule of signatures only has the default one."""
    return rule.spec.exceedance.window_minutes if rule.spec.exceedance else 5


def _judgment(
    case: Case,
    outcome: Evaluation.Outcome,
    *,
    severity: int | None = None,
    count: int | None = None,
    limit: int | None = None,
    detail: str = "",
    record: event_rate.Record | None = None,
) -> Judgment:
    return Judgment(
        scope=case.scope,
        rule=case.rule,
        outcome=outcome,
        source=case.source,
        shadow=not case.state.armed,
        late=case.late,
        severity=severity,
        count=count,
        limit=limit,
        detail=detail,
        record=record,
    )


def _seen(case: Case) -> tuple[Seen, datetime | None]:
    window = window_of(case.rule)
    line = case.tally.of(case.source, READ_MINUTES)
    count, before = int(line[-window:].sum()), int(line[-2 * window : -window].sum())
    busiest, end = busiest_window((s.at for s in case.sightings), case.slot_end, window)
    if case.source != "sentry" or busiest < count:  # no single events known, or not all: the aligned window stands
        busiest, end = count, case.slot_end
    return Seen(count, busiest, before, int(line.sum())), end


def _record(case: Case, seen: Seen, busiest_end: datetime | None, decision: Decision) -> event_rate.Record:
    condition = case.rule.spec.exceedance
    figures = figures_of(case.baseline)
    method = condition.method if condition else "nb_tail"
    compared = figures is not None and figures.established
    p, z = event_rate.chance(seen.count, figures, method) if figures is not None and compared else (None, None)
    signature = decision.signature
    return event_rate.Record(
        engine=event_rate.ENGINE,
        rule=case.rule.rule.identifier,
        version=case.rule.version.number,
        project=case.environment.project.slug,
        environment=case.environment.name,
        group=case.scope.group_key,
        source=case.source,
        slot_end=case.slot_end,
        window_minutes=window_of(case.rule),
        count=seen.count,
        busiest=seen.busiest,
        busiest_end=busiest_end,
        before=seen.before,
        hour=seen.hour,
        severity=decision.severity or 0,
        reasons=list(decision.reasons),
        limit=decision.limit,
        method=method,
        events=[s.event_id for s in case.sightings[-event_rate.EVENTS_KEPT :]][::-1],
        late=case.late,
        shadow=not case.state.armed,
        signature=signature.name if signature else "",
        cause=signature.cause if signature else "",
        owner=signature.owner if signature else case.rule.spec.first_response,
        exact=case.complete,
        baseline=figures,
        p=p,
        z=z,
    )
