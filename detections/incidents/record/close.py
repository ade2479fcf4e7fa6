"""Closes an incident in one act: what its alerts were, whether baselines leave the interval out, and why it closes
without a postmortem."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet

from detections.alerts.handling.acknowledge import name_of
from detections.alerts.handling.disposition import DispositionError, set_dispositions
from detections.alerts.models import Alert
from detections.incidents.models import Incident
from detections.incidents.postmortem.versions import is_finished
from detections.incidents.record import inputs
from detections.incidents.record.change_status import set_status
from detections.incidents.record.write import IncidentConflict, IncidentInputError, append, lock, who_changed
from detections.incidents.updates.tell import tell_of
from detections.rules.models import Exclusion
from detections.telemetry.models import ProjectEnvironment
from opsconsole.accounts.models import User

MAY_JUDGE, MAY_LEAVE_OUT = "detections.change_alert", "detections.add_exclusion"
REASON_LENGTH = Exclusion._meta.get_field("reason").max_length or 0


@dataclass(frozen=True)
class AlertJudgment:
    """What an alert was; `why` is asked for of a false positive."""

    disposition: str
    why: str = ""


@dataclass(frozen=True)
class Closing:
    """What a person says who closes: by id of the alert what it was; whether the interval is left out of baselines; why
    there is no postmortem."""

    judgments: Mapping[int, AlertJudgment]
    leave_out: bool = False
    why: str = ""


def close(
    incident_id: int, closing: Closing, now: datetime, *, by: User, actor: str = "", seen: int | None = None
) -> Incident:
    """The closed incident; a closed one changes nothing. All of it or nothing.

    Raises Incident.DoesNotExist, IncidentConflict where it is not resolved,
    IncidentInputError for what is missing, and PermissionDenied where `by` may not judge alerts or leave out.
    """
    actor = actor or name_of(by)
    with transaction.atomic():
        incident = lock(incident_id)
        if incident.status == Incident.Status.CLOSED:
            return incident
        if seen is not None and seen != incident.revision:
            raise IncidentConflict(incident, who_changed(incident))
        if not incident.is_over:
            raise IncidentConflict(incident, f"It is {incident.get_status_display().lower()}: resolve it first.")
        ask = "say why it closes without a finished postmortem." if lacks_postmortem(incident) else ""
        incident.closed_why = inputs.why(closing.why, required=ask)
        _refuse_other_acts(closing, by)
        _refuse_strangers(incident, closing.judgments)
        done = _judge(incident, closing.judgments, now, by=by, actor=actor)
        if closing.leave_out:
            done.append(_leave_out(incident, by))
        set_status(incident, Incident.Status.CLOSED, now)
        said = "Closed" + (f" ({incident.closed_why})" if incident.closed_why else "")
        append(incident, now, said, actor=actor, by=by, body="\n".join(f"- {line}" for line in done), important=True)
        tell_of(incident, "closed", said, now, actor=actor, by=by)
    return incident


def _refuse_other_acts(closing: Closing, by: User) -> None:
    """What else is done in the same act needs the permission that it needs by itself."""
    if any(said.disposition for said in closing.judgments.values()) and not by.has_perm(MAY_JUDGE):
        raise PermissionDenied(f"{by} may not say what alerts were.")
    if closing.leave_out and not by.has_perm(MAY_LEAVE_OUT):
        raise PermissionDenied(f"{by} may not leave an interval out of baselines.")


def _refuse_strangers(incident: Incident, judgments: Mapping[int, AlertJudgment]) -> None:
    """Nothing that is said of an alert is passed over: of one that is not in the incident, or still fires. Of what
    others judged meanwhile their word stands."""
    links = incident.alert_links.filter(removed_at__isnull=True, alert__in=judgments)
    statuses = dict(links.values_list("alert", "alert__status"))
    for pk in sorted(pk for pk, said in judgments.items() if said.disposition):
        if pk not in statuses:
            raise IncidentInputError(f"judgments: alert {pk} is not in {incident.name}.")
        if statuses[pk] != Alert.Status.RESOLVED:
            raise IncidentInputError(f"judgments: alert {pk} is {statuses[pk]}; it can be judged once it is resolved.")


def lacks_postmortem(incident: Incident) -> bool:
    """Whether one is asked for and not finished. At most one query."""
    asked = incident.status == Incident.Status.POSTMORTEM_DUE or incident.postmortem_due_at is not None
    return asked and not is_finished(incident)


def to_judge(incident: Incident) -> QuerySet[Alert]:
    """Its resolved alerts of which nobody has said what they were."""
    inside = Q(incident_links__incident=incident, incident_links__removed_at__isnull=True)
    rows = Alert.objects.select_related("rule", "project", "project_environment__project", "evidence")
    return rows.filter(inside, status=Alert.Status.RESOLVED, disposition="").order_by("opened_at", "pk")


def interval(incident: Incident) -> tuple[datetime, datetime] | None:
    """What baselines can leave out: from the start of impact, else from when it was declared, to resolved. None where
    that is not known to the minute."""
    start, end = incident.started_at or incident.declared_at, incident.resolved_at
    exact = incident.started_precision == Incident.Precision.MINUTE
    return (start, end) if exact and end is not None and start < end else None


def affected_places(incident: Incident) -> Collection[ProjectEnvironment]:
    """The environments of projects that it affects: named, or by an environment of a system. One query."""
    named = Q(incidents=incident) | Q(environment__incidents=incident)
    return list(ProjectEnvironment.objects.select_related("project").filter(named).distinct().order_by("pk"))


def _judge(
    incident: Incident, judgments: Mapping[int, AlertJudgment], now: datetime, *, by: User, actor: str
) -> list[str]:
    """Sets what the alerts were, of those that nobody judged meanwhile; a line for each. Few queries, however many."""
    said = {pk: (each.disposition, each.why) for pk, each in judgments.items() if each.disposition}
    list(Alert.objects.select_for_update(no_key=True).filter(pk__in=said).order_by("pk").values_list("pk"))
    alerts = list(to_judge(incident).filter(pk__in=said).order_by("pk"))  # as they are after the wait for the locks
    try:
        set_dispositions(alerts, said, by, now, actor=f"{actor}, closing {incident.name}")
    except DispositionError as error:
        raise IncidentInputError(str(error)) from None
    return [
        f"{alert}: {alert.get_disposition_display().lower()}"
        + (f" ({alert.disposition_why})" if alert.disposition_why else "")
        for alert in alerts
    ]


def _leave_out(incident: Incident, by: User) -> str:
    """Baselines leave the interval out in each affected environment; once, also after it was reopened. In words."""
    found, places = interval(incident), affected_places(incident)
    if found is None or not places:
        raise IncidentInputError("leave_out: it needs a start of impact before the end, and an affected environment.")
    start, end = found
    for place in places:
        mine = Exclusion.objects.filter(project_environment=place, reason__startswith=f"{incident.name}: ").first()
        exclusion = mine or Exclusion(project_environment=place, author=by)
        exclusion.start, exclusion.end = start, end
        exclusion.reason = f"{incident.name}: {incident.title}"[:REASON_LENGTH]
        exclusion.save()
    names = ", ".join(place.path for place in places)
    return f"baselines leave out {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC in {names}"
