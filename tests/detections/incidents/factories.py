"""Incidents and what they have to do with, made by their acts."""

from __future__ import annotations

from datetime import datetime
from itertools import count
from typing import Any

from detections.alerts.models import Alert, AlertLog
from detections.incidents.models import Incident, SeverityLevel
from detections.incidents.record.declare import IncidentDraft, declare
from opsconsole.accounts.models import User
from tests.detections.alerts.factories import START, make_scope, make_user

_numbers = count(1)

__all__ = ["START", "make_alert", "make_incident", "make_levels", "make_user"]


def make_incident(
    title: str = "Orders fail", severity: int = 2, now: datetime = START, *, by: User | None = None, **words: Any
) -> Incident:
    """An open incident, declared at `now`; `words` are fields of its draft."""
    draft = IncidentDraft(title=title, severity=severity, another=True, **words)
    return Incident.objects.get(pk=declare(draft, now, by=by, actor="" if by else "somebody").pk)


def make_alert(opened_at: datetime = START, **fields: Any) -> Alert:
    """An alert of a scope of its own (or of `scope`) that fires; with `resolved_at` one that is resolved."""
    scope = fields.pop("scope", None) or make_scope(fields.pop("rule", None), group_key=f"/api/{next(_numbers)}")
    is_over = fields.get("resolved_at") is not None
    values: dict[str, Any] = {
        "scope": scope,
        "rule": scope.rule,
        "version": scope.rule.versions.latest("number"),
        "project": scope.project_environment.project,
        "project_environment": scope.project_environment,
        "group_key": scope.group_key,
        "severity": 3,
        "slot_severity": 3,
        "status": Alert.Status.RESOLVED if is_over else Alert.Status.FIRING,
        "opened_at": opened_at,
        "status_since": fields.get("resolved_at") or opened_at,
        "last_slot": fields.get("resolved_at") or opened_at,
        "dedup_key": None if is_over else scope.pk,
        **fields,
    }
    alert = Alert.objects.create(**values)
    AlertLog.objects.create(alert=alert, at=opened_at, kind="opened", actor_name="engine", new="firing")
    return alert


def make_levels() -> None:
    """What severities ask for: SEV-1 an update every 30 minutes and a postmortem in 5 days, SEV-2 60 and 10."""
    for severity, minutes, days in ((1, 30, 5), (2, 60, 10), (3, None, None)):
        SeverityLevel.objects.update_or_create(
            severity=severity, defaults={"meaning": "", "update_minutes": minutes, "postmortem_days": days}
        )
