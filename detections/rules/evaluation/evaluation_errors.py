"""Reads which scopes could not be judged: evaluations whose outcome is an error."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from detections.rules.evidence.rule_health import ERROR_LENGTH, Unjudged
from detections.rules.models import Evaluation, Scope

ERROR = Evaluation.Outcome.ERROR
NOW = timedelta(minutes=2)  # the newest slot that is judged ended within it


def errors(slots: Sequence[datetime], watchers: Collection[int]) -> list[Evaluation]:
    """Of each scope whose newest word on every one of `slots` is an error, that of the last one, with its scope, rule
    and version; the scopes of the rules `watchers` are left out. One query."""
    failing = Evaluation.objects.filter(slot_end=slots[-1], outcome=ERROR).exclude(scope__rule__in=watchers)
    rows = Evaluation.objects.filter(slot_end__in=slots, scope__in=failing.values("scope")).order_by(
        "scope", "revision"
    )
    newest: dict[int, dict[datetime, Evaluation]] = {}
    for row in rows.select_related("scope__rule", "version"):
        newest.setdefault(row.scope_id, {})[row.slot_end] = row
    return [
        of_scope[slots[-1]]
        for of_scope in newest.values()
        if len(of_scope) == len(slots) and all(row.outcome == ERROR for row in of_scope.values())
    ]


def as_unjudged(error: Evaluation) -> Unjudged:
    """The scope as a record keeps it."""
    return Unjudged(error.scope_id, error.scope.group_key, error.version.number, error.detail[:ERROR_LENGTH])


def failing_now(identifier: str, place: int, now: datetime) -> int:
    """How many scopes of the rule in a project environment could not be judged just now."""
    scopes = Scope.objects.filter(rule__identifier=identifier, project_environment=place)
    rows = scopes.filter(evaluations__outcome=ERROR, evaluations__slot_end__gt=now - NOW)
    return rows.distinct().count()
