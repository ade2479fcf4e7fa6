"""What rules that count nothing would say now: findings, other rules, the console itself are known for the present."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from detections.rules.active_rules import LoadedRule
from detections.rules.evaluation.evaluator import ScopeContext
from detections.rules.evaluation.registry import evaluator_of
from detections.rules.evaluation.scheduler import LATENESS
from detections.rules.evaluation.scopes import EvaluationRequest
from detections.rules.lifecycle.state import RuleStates
from detections.rules.models import Scope, Slot
from opsconsole.lib.clock import MINUTE, floor_minute

MOST = 50  # sentences


@dataclass(frozen=True)
class FiringNow:
    """A scope that fires now: where, how severely, and its evidence in a sentence."""

    place: str
    group: str
    severity: int
    sentence: str


def firing_now(rule: LoadedRule, now: datetime) -> tuple[list[FiringNow], int]:
    """The severest MOST scopes that fire at present, and how many do. Nothing that is written while looking stays."""
    with transaction.atomic():
        found = _firing(rule, now)
        transaction.set_rollback(True)
    found.sort(key=lambda each: (-each.severity, each.place, each.group))
    return found[:MOST], len(found)


def _firing(rule: LoadedRule, now: datetime) -> list[FiringNow]:
    evaluator, rules = evaluator_of(rule.spec), {rule.rule.pk: rule}
    request = EvaluationRequest(_slot(now, runs_on=evaluator.trigger is not None), now)
    selection = evaluator.select(rules, request)
    linked = {place.environment for place in selection.places.values() if place.environment is not None}
    states = RuleStates([rule], linked, now)
    contexts = [
        ScopeContext(key, Scope(**key._asdict()), rule, place, states.in_project(rule, place), request)
        for key in selection.scopes
        if (place := selection.places.get(key.project_environment_id)) is not None
    ]
    cases = evaluator.read(selection, rules, contexts) if contexts else []
    found: list[FiringNow] = []
    for case in cases:
        result = evaluator.judge(case)
        if result.fires:
            place, sentence = case.context.place, evaluator.record(case, result).sentence()
            name = f"{place.project.slug}/{place.name}"
            found.append(FiringNow(name, case.context.key.group_key, result.severity or 0, sentence))
    return found


def _slot(now: datetime, *, runs_on: bool) -> datetime:
    """The running minute's slot of a kind that is judged on arrival; else the newest that was judged, whose outcomes
    a rule over rules looks at."""
    if runs_on:
        return floor_minute(now) + MINUTE
    done = Slot.objects.filter(status=Slot.Status.DONE, slot_end__lte=now).order_by("-slot_end")
    newest = done.values_list("slot_end", flat=True).first()
    return newest or floor_minute(now - LATENESS)
