"""Judges rules over the checks of probe runs: each check of each target is a scope of its own.

What held in a minute is what the runs said that had ended by its end, so that a run is judged at once, the tick agrees
with that, and minutes judged after an outage have the outcome that they would have had.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from django.db.models import QuerySet
from django.urls import reverse

from detections.probes.models import ProbeCheck, ProbeRun, ProbeTarget
from detections.rules.active_rules import LoadedRule, environments
from detections.rules.counting.counts import ScopeKey
from detections.rules.evaluation import probe_check_reads as reads
from detections.rules.evaluation.evaluator import (
    Case,
    Evaluator,
    LiveQuestion,
    LiveState,
    Result,
    ScopeContext,
    Selection,
)
from detections.rules.evaluation.probe_check_fixtures import PROBE_RUNS
from detections.rules.evaluation.probe_check_reads import TriggeredCheck
from detections.rules.evaluation.scopes import EvaluationRequest
from detections.rules.evidence import probe_check
from detections.rules.evidence.probe_check import PROBE, ProbeCheckEvidence
from detections.rules.models import Evaluation
from detections.rules.spec.conditions.probe_check import NO_RUN, ProbeCheckCondition
from detections.rules.spec.schema import SEVERITIES
from opsconsole.lib.clock import MINUTE
from opsconsole.lib.text.humanize import utc


@dataclass(frozen=True)
class ProbeCheckCase(Case):
    """The check that is triggered; None where the newest run says otherwise, or has no such check any more."""

    triggered: TriggeredCheck | None


@dataclass(frozen=True)
class ProbeLinks:
    """What is still there of what an evidence names: runs are deleted when they are old, targets by people."""

    target: ProbeTarget
    run: ProbeRun | None


class ProbeCheckEvaluator(Evaluator[Selection[TriggeredCheck], ProbeCheckCase, ProbeCheckEvidence]):
    """The checks that the newest runs have triggered, and targets without runs, in the target's environment."""

    kind = ProbeCheckCondition.kind()
    evidence = ProbeCheckEvidence
    trigger = "probes"
    after_outcomes = False
    repeats_evidence = True  # a run stands until the next
    fixture_input = PROBE_RUNS

    def select(self, rules: Mapping[int, LoadedRule], request: EvaluationRequest) -> Selection[TriggeredCheck]:
        """Three queries."""
        places = environments(request.only)
        found: dict[ScopeKey, TriggeredCheck] = {}
        for target, triggered in reads.triggered(request.end - MINUTE, request.end, request.only):
            place = places.get(target.project_environment_id)
            for pk, rule in rules.items() if place else ():
                assert place is not None
                if rule.applies_to(place) and _reads(rule, triggered):
                    found[ScopeKey(pk, place.pk, f"{triggered.target}/{triggered.check}")] = triggered
        return Selection(found, places)

    def read(
        self,
        selection: Selection[TriggeredCheck],
        rules: Mapping[int, LoadedRule],
        contexts: Sequence[ScopeContext],
    ) -> list[ProbeCheckCase]:
        return [ProbeCheckCase(context, PROBE, selection.scopes.get(context.key)) for context in contexts]

    def judge(self, case: ProbeCheckCase) -> Result:
        """Firing or clear, never without data: that nothing is probed any more is a check itself, and what the last run
        found stays so until another says otherwise."""
        if case.triggered is None:
            return Result(Evaluation.Outcome.CLEAR)
        return Result(Evaluation.Outcome.FIRING, SEVERITIES[_condition(case.context.rule).severity])

    def record(self, case: ProbeCheckCase, result: Result) -> ProbeCheckEvidence:
        found, condition = case.triggered, _condition(case.context.rule)
        if found is None:
            raise ValueError("a check that is not triggered has no evidence")
        severity = f", {found.check_severity}" if found.check_severity else ""
        return ProbeCheckEvidence(
            **case.shared,
            **{**asdict(found), "failure": found.failure},
            engine=probe_check.ENGINE,
            severity=result.severity or 0,
            reasons=[f"{found.check}{severity}, is {condition.severity} here"],
            cause=probe_check.cause(found.target_name, found.check),
            owner=case.context.rule.spec.first_response,
            worth=condition.severity,
        )

    def live(self, question: LiveQuestion[ProbeCheckEvidence]) -> LiveState:
        """What the newest run says now, and what is still there of what the evidence names. At most four queries."""
        slug, _, check = question.scope.group_key.partition("/")
        target = ProbeTarget.objects.filter(slug=slug).only("pk", "slug", "name").first()
        if target is None:
            return LiveState("The target is no longer there." if question.is_open else "")
        newest = _run(target.runs.filter(state=ProbeRun.State.DONE).order_by("-finished_at"))
        behind = question.record.run if question.record else None
        told = newest if newest and newest.pk == behind else _run(target.runs.filter(pk=behind)) if behind else None
        sentence = _now(newest, check) if question.is_open else ""
        return LiveState(sentence, _links(target, told, newest), ProbeLinks(target, told))


def _run(runs: QuerySet[ProbeRun]) -> ProbeRun | None:
    """The first of them, with the checklist's run that it opened or refers to."""
    read = ("target", "finished_at", "checklist_run__subject", "checklist_run__environment__slug")
    with_checklist = runs.select_related("checklist_run__environment__system")
    return with_checklist.only(*read, "checklist_run__environment__system__slug").first()


def _links(target: ProbeTarget, told: ProbeRun | None, newest: ProbeRun | None) -> tuple[tuple[str, str], ...]:
    """The run behind the alert, the newest one where that is another, the checklist that they opened, the target."""
    words = {run: word for run, word in ((newest, "Newest run"), (told, "Run")) if run}
    runs = list(dict.fromkeys(run for run in (told, newest) if run))
    at = [(f"{words[run]} {run.pk}", reverse("probe_run", args=[target.slug, run.pk])) for run in runs]
    opened = [("Its checklist", run.checklist_run.get_absolute_url()) for run in runs if run.checklist_run]
    return (*at, *opened[:1], (target.name, reverse("probe_target", args=[target.slug])))


def _now(run: ProbeRun | None, check: str) -> str:
    if run is None or run.finished_at is None:
        return "No run has ended yet."
    newest = f"the newest run ended at {utc(run.finished_at)}"
    if check == NO_RUN:
        return f"{newest[:1].upper()}{newest[1:]}."
    found = ProbeCheck.objects.filter(run=run, check_id=check).first()
    if found is None:
        return f"It is checked no longer: {newest} without it."
    if not found.triggered:
        return f"It holds no more: {newest} and did not find it."
    shown = "" if found.notify else ", but only suspects it"
    return f"It still holds: {newest}{shown}; {found.note}."


def _reads(rule: LoadedRule, triggered: TriggeredCheck) -> bool:
    condition = _condition(rule)
    named = not condition.targets or triggered.target in condition.targets
    return named and condition.reads(triggered.check, triggered.check_severity)


def _condition(rule: LoadedRule) -> ProbeCheckCondition:
    return rule.spec.condition_of(ProbeCheckCondition) or ProbeCheckCondition()
