"""Scopes that could not be judged: how an exception becomes an outcome, and which outcomes are errors."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from detections.rules.evaluation.evaluator import Result
from detections.rules.evidence.rule_health import ERROR_LENGTH, FailedScope
from detections.rules.models import Evaluation, Scope
from opsconsole.lib.text.secrets import scrub_text

ERROR = Evaluation.Outcome.ERROR
NOW = timedelta(minutes=2)  # the newest slot that is judged ended within it
SEARCHED = 2000  # characters of an error that are searched for secrets, before it is cut


def failed(error: Exception) -> Result:
    """The outcome where judging raised. The error may quote what was judged, so its text is scrubbed as events are."""
    text = scrub_text(" ".join(f"{type(error).__name__}: {error}"[:SEARCHED].split()))
    return Result(ERROR, detail=text[:ERROR_LENGTH])


def errors(slots: Sequence[datetime], watchers: Collection[int]) -> list[Evaluation]:
    """Of each scope whose newest evaluation of every one of `slots` is an error, the last one, with its scope, rule and
    version; the scopes of the rules `watchers` are left out. One query where there are none, else two.

    Not one with a subquery: where PostgreSQL has last looked at empty tables, as in a new console, it joins them all by
    nested loops over whole tables, which hundreds of scopes make endless.
    """
    failing = Evaluation.objects.filter(slot_end=slots[-1], outcome=ERROR).exclude(scope__rule__in=watchers)
    scopes = list(failing.values_list("scope", flat=True))
    if not scopes:
        return []
    rows = Evaluation.objects.filter(slot_end__in=slots, scope__in=scopes).order_by("scope", "revision")
    newest: dict[int, dict[datetime, Evaluation]] = {}
    for row in rows.select_related("scope__rule", "version"):
        newest.setdefault(row.scope_id, {})[row.slot_end] = row
    return [
        of_scope[slots[-1]]
        for of_scope in newest.values()
        if len(of_scope) == len(slots) and all(row.outcome == ERROR for row in of_scope.values())
    ]


def as_unjudged(error: Evaluation) -> FailedScope:
    """The scope as evidence stores it."""
    return FailedScope(error.scope_id, error.scope.group_key, error.version.number, error.detail[:ERROR_LENGTH])


def failing_now(identifier: str, place: int, now: datetime) -> int:
    """How many scopes of the rule in a project environment could not be judged in the last two minutes."""
    scopes = Scope.objects.filter(rule__identifier=identifier, project_environment=place)
    rows = scopes.filter(evaluations__outcome=ERROR, evaluations__slot_end__gt=now - NOW)
    return rows.distinct().count()
