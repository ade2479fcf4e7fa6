"""Reads what an incident is declared with over the API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from detections.alerts.routing_models import Target
from detections.incidents.api.acting import owner_named
from detections.incidents.api.schemas import IncidentIn
from detections.incidents.record.draft import IncidentDraft
from detections.incidents.record.from_alerts import alerts_of, draft_from
from detections.telemetry.models import ProjectEnvironment
from opsconsole.accounts.models import User
from opsconsole.accounts.owners import of_person
from opsconsole.lib.web.problem import ProblemError

MOST = 200  # names of a list
LARGEST = 2**63 - 1


def draft_of(body: IncidentIn, caller: User, now: datetime) -> IncidentDraft:
    """What the body says; the rest from its alerts. Raises ProblemError 422 for names and ids of nothing."""
    commander = owner_named("commander", body.commander) if body.commander else of_person(caller)
    draft = replace(
        draft_from(_alerts(body.alerts), now, commander=commander), client_key=body.client_key, another=body.another
    )
    given: dict[str, Any] = {
        "title": body.title or None,
        "severity": body.severity,
        "summary": body.summary or None,
        "started_at": body.started_at,
        "places": None if body.places is None else _places(body.places),
        "targets": None if body.targets is None else _targets(body.targets),
    }
    return replace(draft, **{name: value for name, value in given.items() if value is not None})


def _alerts(ids: Sequence[int]) -> list[Any]:
    if len(ids) > MOST:
        raise ProblemError(422, f"alerts: at most {MOST} at once.")
    alerts = alerts_of([each for each in ids if 0 < each <= LARGEST]) if ids else []
    if missing := sorted(set(ids) - {alert.pk for alert in alerts}):
        raise ProblemError(422, f"alerts: there is no alert {missing[0]}.")
    return alerts


def _places(names: Sequence[str]) -> list[int]:
    rows = ProjectEnvironment.objects.values_list("project__slug", "name", "pk")
    slugs = {name.partition("/")[0] for name in names}
    known = {f"{slug}/{name}": pk for slug, name, pk in rows.filter(project__slug__in=_storable("places", slugs))}
    return _found("places", names, known)


def _targets(names: Sequence[str]) -> list[int]:
    rows = Target.objects.filter(name__in=_storable("targets", names))
    return _found("targets", names, dict(rows.values_list("name", "pk")))


def _storable(field: str, names: Sequence[str] | set[str]) -> list[str]:
    if len(names) > MOST:
        raise ProblemError(422, f"{field}: at most {MOST} at once.")
    return [name for name in names if "\0" not in name]


def _found(field: str, names: Sequence[str], known: dict[str, int]) -> list[int]:
    if missing := [name for name in names if name not in known]:
        raise ProblemError(422, f"{field}: there is none called {missing[0]!r}.")
    return list(dict.fromkeys(known[name] for name in names))
