"""Judges as soon as something arrives, not only when its minute is over; and again where events came late."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from detections.ingest.models import DirtySlot
from detections.rules.active_rules import environments, rules_in_force
from detections.rules.baseline import hour_cells
from detections.rules.counting.coverage import CoveredMinutes
from detections.rules.evaluation import event_samples, probe_check_reads
from detections.rules.evaluation.config_finding import reads as config_finding_reads
from detections.rules.evaluation.run_evaluators import evaluate, lock
from detections.rules.evaluation.scheduler import CATCH_UP, LATENESS
from detections.rules.evaluation.scopes import EvaluationRequest
from detections.rules.lifecycle.state import RuleStates
from detections.rules.models import Evaluation, Scope, Slot
from opsconsole.lib.clock import MINUTE, floor_hour, floor_minute

# Minutes of one transaction, newest first: what burns now goes before what a client sends from its backlog.
MINUTES_AT_ONCE = 20

Dirty = Mapping[datetime, Collection[int]]  # minute -> project environments with trigger in it


def judge_all(now: datetime, most: int = 50) -> int:
    """Judge what has arrived until nothing is left, or `most` transactions; returns how many minutes were taken."""
    taken = 0
    for _ in range(most):
        minutes = judge_arrivals(now)
        taken += minutes
        if not minutes:
            break
    return taken


@transaction.atomic
def judge_arrivals(now: datetime) -> int:
    """Take the newest dirty minutes and judge their slots; returns how many minutes were taken, 0 when none is left.

    A minute that goes on is judged at its slot: what fires now fires at its end too. A minute whose slot the tick
    has done is looked at again with all slots whose windows reach back to it, and what fires is marked late. A slot
    that is due but not done is left to the tick.
    """
    lock()
    dirty = _take()
    if not dirty:
        return 0
    for end, places in sorted(_open(dirty, now).items()):
        evaluate(EvaluationRequest(end, now, mode="rise", only=places, trigger="events"))
    late = _done(dirty, now)
    _recount(dirty, now)
    for end, places in sorted(late.items()):
        evaluate(EvaluationRequest(end, now, mode="rise", only=places, late=True, trigger="events"))
    return len(dirty)


@transaction.atomic
def judge_newly_armed(now: datetime) -> int:
    """Judge the running minute's slot of every rule that armed since it fired in shadow; returns how many evaluations
    were written. One query where nothing fired in shadow within five minutes.

    Arming is not recorded: a rule has armed where a recent shadow evaluation of it exists and its prerequisites hold.
    A scope that was judged armed since, here or by the tick, waits no more; one that could not be judged does.
    """
    in_shadow = Evaluation.objects.filter(slot_end__gt=now - 5 * MINUTE, shadow=True, outcome=Evaluation.Outcome.FIRING)
    at = OuterRef("slot_end")
    later = Q(slot_end__gt=at) | Q(slot_end=at, revision__gt=OuterRef("revision"))
    judged = (Evaluation.Outcome.FIRING, Evaluation.Outcome.CLEAR)
    armed_since = Evaluation.objects.filter(later, scope=OuterRef("scope"), shadow=False, outcome__in=judged)
    fired = in_shadow.filter(~Exists(armed_since)).values_list(
        "scope__rule__identifier", "scope__project_environment_id"
    )
    waiting: dict[str, set[int]] = defaultdict(set)
    for identifier, environment_id in fired.distinct():
        waiting[identifier].add(environment_id)
    armed = _armed(waiting, now) if waiting else {}
    if not armed:
        return 0
    lock()
    places = set().union(*armed.values())
    return evaluate(EvaluationRequest(floor_minute(now) + MINUTE, now, mode="rise", only=places), armed.keys())


@transaction.atomic
def judge_reports(now: datetime) -> int:
    """Judge the running minute's slot for findings that configuration reports opened just now; returns how many
    evaluations were written. The minute's end judges them too: what is missed here is a minute late.
    """
    if not config_finding_reads.any_recent(now):
        return 0
    lock()
    return evaluate(EvaluationRequest(floor_minute(now) + MINUTE, now, mode="rise", trigger="reports"))


@transaction.atomic
def judge_probes(now: datetime) -> int:
    """Judge the running minute's slot where a probe's run that ended just now found something; returns how many
    evaluations were written. The minute's end judges it too: what is missed here is a minute late.
    """
    places = probe_check_reads.places_of_bad_runs(now)
    if not places:
        return 0
    lock()
    return evaluate(EvaluationRequest(floor_minute(now) + MINUTE, now, mode="rise", only=places, trigger="probes"))


@transaction.atomic
def judge_now(identifier: str, now: datetime) -> int:
    """Judge one rule at the running minute's slot: a person has just activated it."""
    lock()
    return evaluate(EvaluationRequest(floor_minute(now) + MINUTE, now, mode="rise"), [identifier])


def _take() -> dict[datetime, set[int]]:
    """Delete and return the newest dirty minutes."""
    minutes = DirtySlot.objects.order_by("-minute").values_list("minute", flat=True).distinct()[:MINUTES_AT_ONCE]
    rows = list(
        DirtySlot.objects.filter(minute__in=list(minutes)).values_list("id", "minute", "project_environment_id")
    )
    DirtySlot.objects.filter(id__in=[pk for pk, _, _ in rows]).delete()
    dirty: dict[datetime, set[int]] = defaultdict(set)
    for _, minute, environment_id in rows:
        dirty[minute].add(environment_id)
    return dirty


def _open(dirty: Dirty, now: datetime) -> dict[datetime, Collection[int]]:
    """The slots of dirty minutes that are not due yet."""
    return {minute + MINUTE: places for minute, places in dirty.items() if minute + MINUTE + LATENESS > now}


def _done(dirty: Dirty, now: datetime) -> dict[datetime, set[int]]:
    """The slots that the tick has judged and whose windows reach back to a dirty minute."""
    past = {minute: places for minute, places in dirty.items() if minute + MINUTE + LATENESS <= now}
    if not past:
        return {}
    longest = max((event_samples.reach(rule) for rule in rules_in_force()), default=MINUTE)
    reached: dict[datetime, set[int]] = defaultdict(set)
    for minute, places in past.items():
        for i in range(longest // MINUTE):
            reached[minute + (i + 1) * MINUTE] |= set(places)
    done = Slot.objects.filter(
        slot_end__in=list(reached), status=Slot.Status.DONE, slot_end__gte=now - CATCH_UP
    ).values_list("slot_end", flat=True)
    return {end: reached[end] for end in done}


def _recount(dirty: Dirty, now: datetime) -> None:
    """Count the hour cells anew that a late event falls into (a window may reach into the next hour).

    Locks the scopes: an estimate under way may have read the counts before this event.
    """
    hours: dict[datetime, set[int]] = defaultdict(set)
    for minute, places in dirty.items():
        if floor_hour(minute) < floor_hour(now) - timedelta(hours=1):
            hours[floor_hour(minute)] |= set(places)
    if not hours:
        return
    rules = {r.rule.id: r for r in rules_in_force()}
    for hour, ids in hours.items():
        places = environments(ids)
        scopes = Scope.objects.filter(rule__in=list(rules), project_environment__in=list(places))
        locked = scopes.select_for_update(no_key=True).order_by("id")
        counted = [s for s in locked if s.cells_until is not None and s.cells_until > hour]
        until = min((s.cells_until for s in counted if s.cells_until), default=hour)
        end = min(hour + 2 * hour_cells.HOUR, until)
        if end > hour:
            sources = {s.source for r in rules.values() for s in r.spec.selector.sources}
            context = hour_cells.CountingContext(
                rules, places, CoveredMinutes(sources, hour - hour_cells.LONGEST_WINDOW * MINUTE, end)
            )
            hour_cells.count(counted, context, hour, end)


def _armed(waiting: Mapping[str, set[int]], now: datetime) -> dict[str, set[int]]:
    """Of rules and environments, those where the rule is armed now."""
    rules = rules_in_force(waiting.keys())
    places = environments(set().union(*waiting.values()))
    states = RuleStates(rules, {e.environment for e in places.values() if e.environment is not None}, now)
    armed: dict[str, set[int]] = {}
    for rule in rules:
        identifier = rule.rule.identifier
        ids = {i for i in waiting[identifier] if i in places and states.in_project(rule, places[i]).armed}
        if ids:
            armed[identifier] = ids
    return armed
