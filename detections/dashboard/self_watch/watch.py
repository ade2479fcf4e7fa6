"""One check of the console by itself: what fails is kept as rows, judged, and applied to alerts.

Run by the sender and, where no sender does it, by the worker, so that it depends on neither. It waits for no lock of
the judge and takes no slot, since stalled evaluation is one of its findings.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from detections.alerts.handling.apply_verdicts import consume_scopes
from detections.dashboard.console_health import measure
from detections.dashboard.self_watch.checks import CHECKS, Failure
from detections.dashboard.self_watch.silent_sources import silent_sources
from detections.rules.active_rules import rules_in_force
from detections.rules.evaluation.run_evaluators import evaluate_apart
from detections.rules.evaluation.scopes import EvaluationRequest
from detections.rules.evaluation.self_check import SelfCheckEvaluator
from detections.rules.models import Verdict
from detections.rules.self_check_models import FailingCheck, SelfWatch
from detections.telemetry.models import Project, ProjectEnvironment
from opsconsole.lib.clock import floor_minute

logger = logging.getLogger(__name__)

# The project of alerts about the console itself; made with the first of them.
PROJECT, ENVIRONMENT = "opsconsole", "console"
SOURCE = "source"
HOUR = timedelta(hours=1)
_Key = tuple[str, int, str]


def claim(now: datetime, overdue: timedelta) -> bool:
    """Whether this process checks this minute: of any number that ask one does. `overdue`: only where nobody did for so
    long."""
    SelfWatch.objects.get_or_create(pk=SelfWatch.ONLY)
    due = Q(checked_at__isnull=True) | Q(checked_at__lt=floor_minute(now) - overdue)
    return bool(SelfWatch.objects.filter(due, pk=SelfWatch.ONLY).update(checked_at=now))


def check(now: datetime) -> list[str]:
    """Makes the checks, and raises and ends their alerts; returns a sentence for each failure that stops the ping."""
    health = measure(now)
    failures: dict[str, list[Failure]] = {each.name: list(each.find(health, now)) for each in CHECKS}
    stopping = [each.name for each in CHECKS if each.stops_ping]
    with transaction.atomic():
        _keep(failures, now)
        if _look_for_silence(now):
            _keep({SOURCE: list(silent_sources(now))}, now)
        else:
            _forget_heard()
    _tell(now)
    return [failure.sentence for name in stopping for failure in failures[name]]


def _tell(now: datetime) -> None:
    """Judges the rules of the kind, and applies what they say to alerts."""
    evaluator = SelfCheckEvaluator()
    with transaction.atomic():
        evaluate_apart(evaluator, EvaluationRequest(floor_minute(now), now))
    rules = [rule.rule.pk for rule in rules_in_force() if rule.spec.kind == evaluator.kind]
    waiting = Verdict.objects.filter(consumed_at__isnull=True, scope__rule__in=rules).select_related("scope")
    by_key: dict[tuple[int, int], dict[int, None]] = defaultdict(dict)
    for verdict in waiting.order_by("id"):
        by_key[verdict.scope.rule_id, verdict.scope.project_environment_id][verdict.scope_id] = None
    for scopes in by_key.values():
        consume_scopes(list(scopes), now)


def _keep(failures: Mapping[str, Collection[Failure]], now: datetime) -> None:
    """Makes the rows of these checks say what was found."""
    found = {_key(name, each): each for name, of_check in failures.items() for each in of_check}
    stored = {
        (row.check_name, row.project_environment_id, row.subject): row
        for row in FailingCheck.objects.filter(check_name__in=failures)
    }
    gone = [row.pk for key, row in stored.items() if key not in found]
    if gone:
        FailingCheck.objects.filter(pk__in=gone).delete()
    for key, failure in found.items():
        if key not in stored:
            _add(key, failure, now)
        elif stored[key].sentence != failure.sentence:
            FailingCheck.objects.filter(pk=stored[key].pk).update(sentence=failure.sentence)


def _add(key: _Key, failure: Failure, now: datetime) -> None:
    name, place, subject = key
    logger.error("self-watch: %s", failure.sentence, extra={"check": name})
    FailingCheck.objects.create(
        check_name=name, project_environment_id=place, subject=subject, sentence=failure.sentence, since=now
    )


def _key(name: str, failure: Failure) -> _Key:
    place = failure.place or _console()
    return name, place.pk, failure.subject[: FailingCheck._meta.get_field("subject").max_length]


def _console() -> ProjectEnvironment:
    """The environment of alerts about the console itself. A project of that name that people made is taken too."""
    project, _ = Project.objects.get_or_create(slug=PROJECT, defaults={"name": PROJECT})
    place, _ = ProjectEnvironment.objects.get_or_create(project=project, name=ENVIRONMENT)
    return place


def _look_for_silence(now: datetime) -> bool:
    """Whether an hour is over since sources were looked at; notes that they are now."""
    due = Q(sources_at__isnull=True) | Q(sources_at__lte=now - HOUR)
    return bool(SelfWatch.objects.filter(due, pk=SelfWatch.ONLY).update(sources_at=now))


def _forget_heard() -> None:
    """Sources that have sent something since need not wait for the next hour."""
    for row in FailingCheck.objects.filter(check_name=SOURCE).select_related("project_environment"):
        newest = row.project_environment.last_event_at
        if newest is not None and newest > row.since:
            row.delete()
