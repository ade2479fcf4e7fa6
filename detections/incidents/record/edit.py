"""Edits what an incident says: title, summary, times, places, targets, bug class and contributing factors. What was
changed from what to what is a line of its timeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from django.db import transaction
from django.db.models import Model

from detections.alerts.handling.acknowledge import name_of
from detections.incidents.models import TITLE_LENGTH, Incident
from detections.incidents.record import inputs
from detections.incidents.record.change_status import ask_for_postmortem
from detections.incidents.record.write import (
    IncidentConflict,
    IncidentInputError,
    append,
    lock,
    refuse_closed,
    save,
    who_changed,
)
from opsconsole.accounts.models import User

# By field what a line calls it.
WORDS: Mapping[str, str] = MappingProxyType(
    {
        "title": "title",
        "summary": "summary",
        "started_at": "start of impact",
        "mitigated_at": "mitigated",
        "resolved_at": "resolved",
        "bug_class": "bug class",
        "factors": "contributing factors",
        "places": "affected places",
        "environments": "affected environments",
        "targets": "who gets its updates",
    }
)
TIMES = ("started_at", "mitigated_at", "resolved_at")
GATHERED_BY = ("started_at", "resolved_at", "places", "environments")  # what the timeline is gathered for
MANY = ("factors", "places", "environments", "targets")
SHOWN = 300  # characters of an old and a new value in a line


def edit(
    incident_id: int,
    changes: Mapping[str, Any],
    now: datetime,
    *,
    by: User | None,
    actor: str = "",
    seen: int | None = None,
) -> Incident:
    """The incident with these values by field of WORDS: texts, aware times or None, a BugClass or None, and lists of
    rows. Without a difference nothing changes. Raises Incident.DoesNotExist, IncidentConflict, and
    IncidentInputError for a value that cannot be taken."""
    actor = actor or (name_of(by) if by else "")
    if unknown := sorted(changes.keys() - WORDS.keys()):
        raise IncidentInputError(f"{unknown[0]}: cannot be edited; {', '.join(WORDS)} can.")
    with transaction.atomic():
        incident = lock(incident_id)
        old = {field: _value(incident, field) for field in changes}
        new = {field: _clean(field, value, now) for field, value in changes.items()}
        changed = [field for field in changes if old[field] != new[field]]
        if not changed:
            return incident
        if seen is not None and seen != incident.revision:
            raise IncidentConflict(incident, who_changed(incident))
        refuse_closed(incident, by)
        _store(incident, {field: new[field] for field in changed})
        said = f"Edited: {', '.join(WORDS[field] for field in changed)}"
        body = "\n".join(f"- {WORDS[field]}: {_show(old[field])} → {_show(new[field])}" for field in changed)
        append(incident, now, said, actor=actor, by=by, body=body)
    return incident


def _store(incident: Incident, values: Mapping[str, Any]) -> None:
    """Sets the values, checks the times, and saves them with what depends on them."""
    _set(incident, values)
    _check_times(incident, [field for field in TIMES if field in values])
    asked = incident.postmortem_due_at is not None  # else none is wanted, or it was asked for without a day
    if "resolved_at" in values and asked and incident.status != Incident.Status.CLOSED:
        ask_for_postmortem(incident)
    stored = [field for field in values if field not in MANY]
    save(incident, *stored, "started_precision", "status", "postmortem_due_at", "postmortem_reminded_at")
    if any(field in values for field in GATHERED_BY):  # also of one that is closed, and was gathered to its end
        Incident.objects.filter(pk=incident.pk).update(gathered_until=None)


def _value(incident: Incident, field: str) -> Any:
    value = getattr(incident, field)
    return sorted(value.all(), key=_id) if field in MANY else value


def _clean(field: str, value: Any, now: datetime) -> Any:
    if field in TIMES:
        return inputs.past(field, value, now)
    if field in MANY:
        return sorted(value, key=_id)
    if field == "title":
        return inputs.line(field, value, TITLE_LENGTH, required="say in a few words what is wrong.")
    if field == "summary":
        return inputs.text(field, value.replace("\r\n", "\n").strip(), inputs.SUMMARY_LENGTH)
    return value


def _set(incident: Incident, values: Mapping[str, Any]) -> None:
    for field, value in values.items():
        if field in MANY:
            getattr(incident, field).set(value)
        else:
            setattr(incident, field, value)
    if "started_at" in values:
        incident.started_precision = Incident.Precision.MINUTE


def _check_times(incident: Incident, changed: Sequence[str]) -> None:
    """What the incident has reached has a time, what it has not has none; they follow each other."""
    reached = {"mitigated_at": incident.status != Incident.Status.OPEN, "resolved_at": incident.is_over}
    for field in changed:
        value = getattr(incident, field)
        if value is not None and not reached.get(field, True):
            raise IncidentInputError(
                f"{field}: it is {incident.get_status_display().lower()}; change its status first."
            )
        if field == "resolved_at" and value is None:
            raise IncidentInputError("resolved_at: an incident that is over has been resolved at some time.")
    known = [(field, getattr(incident, field)) for field in TIMES if getattr(incident, field) is not None]
    for (first, earlier), (second, later) in pairwise(known):
        if changed and earlier > later:
            raise IncidentInputError(
                f"{second}: {WORDS[second]} ({_show(later)}) is not before {WORDS[first]} ({_show(earlier)})."
            )


def _show(value: Any) -> str:
    if value is None or value in ("", []):
        return "none"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _id(row: Model) -> int:
    return int(row.pk)
