"""Reads what the figures are computed from; each function is a fixed number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet

from detections.alerts.models import Alert, AlertLog
from detections.incidents.figures.measures import IncidentTimes
from detections.incidents.figures.question import FiguresQuestion
from detections.incidents.models import Incident, IncidentAlert
from detections.telemetry.models import Project

MOST_RULES = 50  # the noisiest ones


@dataclass(frozen=True)
class RuleNoise:
    """Of a rule's alerts that opened in the time: how many were judged, and how many as false or expected."""

    rule: str
    title: str
    judged: int
    false_positives: int
    expected: int

    @property
    def noise(self) -> int:
        """Judged false or expected."""
        return self.false_positives + self.expected

    @property
    def percent(self) -> int:
        """The noise ratio."""
        return round(100 * self.noise / self.judged) if self.judged else 0


@dataclass(frozen=True)
class ClassCount:
    """Incidents of a class of bug; `pk` is None for those without one. `recorded` came from runbooks."""

    pk: int | None
    name: str
    incidents: int
    recorded: int


def incidents_of(question: FiguresQuestion) -> QuerySet[Incident]:
    """Those declared in the time, records of runbooks among them."""
    found = Incident.objects.filter(declared_at__gte=question.start, declared_at__lt=question.end)
    if question.severity:
        found = found.filter(severity=question.severity)
    if question.project:
        project = question.project
        places = Incident.places.through.objects.filter(
            incident=OuterRef("pk"), projectenvironment__project__slug=project
        )
        alerts = IncidentAlert.objects.filter(incident=OuterRef("pk"), removed_at=None, alert__project__slug=project)
        systems = Project.objects.filter(slug=project).values("app__system")
        of_runbook = Q(source__version__runbook__system__in=systems)
        found = found.filter(Exists(places) | Exists(alerts) | of_runbook)
    return found


def times_of(question: FiguresQuestion) -> list[IncidentTimes]:
    """The times of the incidents that people declared here. Three queries."""
    declared = incidents_of(question).filter(import_key="")
    inside = IncidentAlert.objects.filter(removed_at=None, incident__in=declared.values("pk"))
    opened, acknowledged = _opened(inside), _acknowledged(inside)
    fields = ("pk", "severity", "declared_at", "started_at", "started_precision", "resolved_at")
    return [
        IncidentTimes(
            severity,
            declared_at,
            started_at if precision == Incident.Precision.MINUTE else None,
            opened.get(pk, (None, 0))[0],
            acknowledged.get(pk),
            resolved_at,
            opened.get(pk, (None, 0))[1],
        )
        for pk, severity, declared_at, started_at, precision, resolved_at in declared.values_list(*fields)
    ]


def _opened(inside: QuerySet[IncidentAlert]) -> dict[int, tuple[datetime, int]]:
    """When the first alert of each incident opened, and how many it has."""
    first = inside.values("incident").annotate(first=Min("alert__opened_at"), count=Count("pk"))
    return {pk: (at, count) for pk, at, count in first.values_list("incident", "first", "count")}


def _acknowledged(inside: QuerySet[IncidentAlert]) -> dict[int, datetime]:
    """When an alert of each incident was acknowledged first."""
    of_incident = "alert__incident_links__incident"
    log = AlertLog.objects.filter(kind="acknowledged", alert__incident_links__in=inside.values("pk"))
    return dict(log.values(of_incident).annotate(first=Min("at")).values_list(of_incident, "first"))


def by_class(question: FiguresQuestion) -> list[ClassCount]:
    """The most frequent class first, those without one last. One query."""
    counted: QuerySet[Any] = incidents_of(question).values("bug_class", "bug_class__name")
    counted = counted.annotate(n=Count("pk"), recorded=Count("pk", filter=~Q(import_key="")))
    rows = [
        ClassCount(row["bug_class"], row["bug_class__name"] or "No class", row["n"], row["recorded"]) for row in counted
    ]
    return sorted(rows, key=lambda row: (row.pk is None, -row.incidents, row.name))


def noise_of(question: FiguresQuestion) -> list[RuleNoise]:
    """Rules with an alert that has a disposition, the noisiest first, at most MOST_RULES. One query."""
    judged = Alert.objects.filter(opened_at__gte=question.start, opened_at__lt=question.end).exclude(disposition="")
    if question.project:
        judged = judged.filter(project__slug=question.project)
    counted: QuerySet[Any] = judged.values("rule__identifier", "rule__title").annotate(
        n=Count("pk"),
        false=Count("pk", filter=Q(disposition=Alert.Disposition.FALSE_POSITIVE)),
        expected=Count("pk", filter=Q(disposition=Alert.Disposition.EXPECTED)),
    )
    rows = [
        RuleNoise(row["rule__identifier"], row["rule__title"], row["n"], row["false"], row["expected"])
        for row in counted
    ]
    return sorted(rows, key=lambda row: (-row.noise / row.judged, -row.judged, row.rule))[:MOST_RULES]
