"""Reads what a postmortem is drafted from: the record, its alerts, their events over the time of impact."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Min, OuterRef, Q, QuerySet, Subquery

from detections.alerts.affected import affected_by
from detections.alerts.models import Alert, AlertLog
from detections.incidents.models import ContributingFactor, Incident
from detections.incidents.postmortem.facts import DraftImpact, DraftLine, DraftTimes, PostmortemFacts
from detections.incidents.timeline_models import TimelineLine, TimelineMark
from opsconsole.lib.text.releases import short_release

MOST_ALERTS = 20  # named
MOST_LINES = 200  # of the timeline
MOST_LINKS = 50


def read_facts(incident: Incident, now: datetime) -> PostmortemFacts:
    """The facts at `now`; until it is resolved the time of impact lasts to the present. A fixed number of queries, and
    what counting the events of its alerts costs."""
    alerts = _alerts(incident)
    times = _times(incident, alerts)
    factors: Sequence[ContributingFactor] = list(incident.factors.order_by("name"))
    lines, left = _lines(incident)
    return PostmortemFacts(
        name=incident.name,
        title=incident.title,
        summary=incident.summary,
        severity=incident.get_severity_display() or "",
        commander=incident.commander.name if incident.commander else "",
        roles=tuple((each.role, each.owner.name) for each in incident.roles.select_related("owner")),
        times=times,
        impact=_impact(incident, alerts, times, now),
        alerts=tuple(f"{alert}, {alert.rule.title}" for alert in alerts[:MOST_ALERTS]),
        alerts_left=max(0, len(alerts) - MOST_ALERTS),
        lines=lines,
        lines_left=left,
        bug_class=incident.bug_class.name if incident.bug_class else "",
        factors=tuple((each.name, each.description) for each in factors),
        links=tuple((each.text, each.url) for each in incident.links.all()[:MOST_LINKS]),
    )


def important_lines(incident: Incident) -> QuerySet[TimelineLine]:
    """The lines that the postmortem keeps, oldest first: those that people mark as important, and those that their
    source does and nobody takes back or leaves out."""
    newest = TimelineMark.objects.filter(line=OuterRef("pk")).order_by("-pk").values("mark")[:1]
    rows = TimelineLine.objects.filter(incident=incident).annotate(marked=Subquery(newest))
    kept = rows.filter(Q(marked=TimelineMark.Mark.IMPORTANT) | Q(marked__isnull=True, important=True))
    return kept.order_by("at", "pk")


def _lines(incident: Incident) -> tuple[tuple[DraftLine, ...], int]:
    """The first MOST_LINES, and how many more there are."""
    rows = important_lines(incident)
    kept = tuple(_line(row) for row in rows[:MOST_LINES])
    return kept, rows.count() - len(kept) if len(kept) == MOST_LINES else 0


def _line(row: TimelineLine) -> DraftLine:
    note = row.body if row.kind == TimelineLine.Kind.NOTE else ""
    return DraftLine(row.at, row.text, row.actor_name, note)


def _alerts(incident: Incident) -> list[Alert]:
    """Those that belong to it, in the order in which they opened."""
    rows = Alert.objects.filter(incident_links__incident=incident, incident_links__removed_at__isnull=True)
    related = ("rule", "version", "project", "project_environment__project")
    return list(rows.select_related(*related).order_by("opened_at", "pk"))


def _times(incident: Incident, alerts: Sequence[Alert]) -> DraftTimes:
    acknowledged = AlertLog.objects.filter(alert__in=[alert.pk for alert in alerts], kind="acknowledged")
    exact = incident.started_precision == Incident.Precision.MINUTE
    return DraftTimes(
        started_at=incident.started_at,
        start_exact=exact,
        start_text=incident.date_text or _coarse(incident),
        detected_at=min((alert.opened_at for alert in alerts), default=None),
        acknowledged_at=acknowledged.aggregate(first=Min("at"))["first"],
        mitigated_at=incident.mitigated_at,
        resolved_at=incident.resolved_at,
    )


def _coarse(incident: Incident) -> str:
    """The day or the month of a start that is not known to the minute."""
    if incident.started_at is None or incident.started_precision == Incident.Precision.NONE:
        return ""
    return f"{incident.started_at:%Y-%m-%d}" if incident.started_precision == "day" else f"{incident.started_at:%Y-%m}"


def _impact(incident: Incident, alerts: Sequence[Alert], times: DraftTimes, now: datetime) -> DraftImpact:
    places = tuple(str(place) for place in incident.places.select_related("project").order_by("project__slug", "name"))
    environments = tuple(each.path for each in incident.environments.select_related("system"))
    named = tuple(dict.fromkeys((*places, *environments)))
    start = times.started_at or times.detected_at or incident.declared_at
    found = affected_by(alerts, start, max(start, times.resolved_at or now)) if alerts else None
    if found is None:
        return DraftImpact(places=named)
    releases = tuple(map(short_release, found.releases))
    return DraftImpact(found.events, found.people_in_words, found.complete, named, releases)
