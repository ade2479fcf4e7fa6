"""Reads of incidents for their list."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact

from bootstrap.runbooks.version_contents import Policy
from detections.incidents.models import IS_DATED, BugClass, Incident, IncidentAlert, IncidentLink
from detections.incidents.postmortem.versions import finished_of
from detections.incidents.record import status as statuses
from detections.rules.models import Rule
from detections.telemetry.models import Project, ProjectEnvironment
from opsconsole.accounts.models import Owner

CURRENT, ANY, OVERDUE = "current", "any", "overdue"
NO_SEVERITY = 9  # in the order of the list, of a record whose severity is unknown
NUMBER = re.compile(r"(?:INC-?)?(\d{1,10})", re.IGNORECASE)


def matching(chosen: Mapping[str, Any], now: datetime) -> QuerySet[Incident]:
    """The incidents that the list's filters let through, annotated with `rank` and `dated` (0 or 1) for sorting, and
    `overdue`, whether their postmortem is."""
    rows = Incident.objects.select_related("commander", "bug_class").prefetch_related("places__project", "environments")
    rows = rows.annotate(rank=Coalesce("severity", Value(NO_SEVERITY)), dated=IS_DATED)
    rows = rows.annotate(overdue=_overdue(now)).filter(_of_status(chosen["status"]))
    equal = {"severity": "severity", "commander": "commander__name", "bug_class": "bug_class__name"}
    rows = rows.filter(**{path: chosen[name] for name, path in equal.items() if chosen[name]})
    if chosen["project"]:
        rows = rows.filter(_in(Incident.places, "projectenvironment__project__slug", chosen["project"]))
    if name := chosen["environment"]:
        named = _in(Incident.places, "projectenvironment__name", name)
        rows = rows.filter(named | _in(Incident.environments, "environment__slug", name))
    if chosen["policy"]:
        rows = rows.filter(_of(IncidentLink.objects.filter(policy__slug=chosen["policy"])))
    return rows.filter(_found_by(chosen["q"])) if chosen["q"] else rows


def count_alerts(incidents: Sequence[Incident]) -> dict[int, int]:
    """By id of the incident the number of its alerts, where there are any. One query."""
    inside = IncidentAlert.objects.filter(incident__in=incidents, removed_at__isnull=True)
    return dict(inside.values_list("incident").annotate(n=Count("pk")).order_by())


def options() -> dict[str, dict[str, str]]:
    """What the filters offer: names that an incident has. Five queries."""
    places = Incident.places.through.objects
    of_project = places.filter(projectenvironment__project=OuterRef("pk"))
    projects = Project.objects.filter(Exists(of_project)).order_by("name")
    environments = ProjectEnvironment.objects.filter(Exists(places.filter(projectenvironment=OuterRef("pk"))))
    names = environments.order_by("name").values_list("name", flat=True).distinct()
    commanded = Incident.objects.filter(commander=OuterRef("pk"))
    commanders = Owner.objects.filter(Exists(commanded)).values_list("name", flat=True)
    policies = Policy.objects.filter(Exists(IncidentLink.objects.filter(policy=OuterRef("pk")))).order_by("title")
    return {
        "project": {project.slug: project.name for project in projects},
        "environment": {name: name for name in names},
        "commander": {name: name for name in commanders},
        "bug_class": {name: name for name in BugClass.objects.values_list("name", flat=True)},
        "policy": dict(policies.values_list("slug", "title").distinct()),
    }


def _overdue(now: datetime) -> ExpressionWrapper[Q]:
    due = Q(status=Incident.Status.POSTMORTEM_DUE, postmortem_due_at__isnull=False, postmortem_due_at__lt=now)
    return ExpressionWrapper(due & Q(Exact(finished_of(), Value(False))), output_field=BooleanField())


def _of_status(status: str) -> Q:
    if status == ANY:
        return Q()
    if status == CURRENT:
        return Q(status__in=statuses.CURRENT)  # named, for the index: most are closed
    if status == OVERDUE:
        return Q(status=Incident.Status.POSTMORTEM_DUE, overdue=True)  # the status for its index
    return Q(status=status)


def _in(related: Any, path: str, value: str) -> Q:
    """Those that are related to a row whose `path` has the value."""
    return _of(related.through.objects.filter(**{path: value}))


def _of(rows: QuerySet[Any]) -> Q:
    """The incidents of these rows. Not Exists, which in an OR may be asked once for each incident."""
    return Q(pk__in=rows.order_by().values("incident"))


def _found_by(text: str) -> Q:
    """Those whose number it is, or that have it in title, summary, links, words, or rules of their alerts. Each table
    is read at most once, and none of them while the incidents' own text is enough."""
    own = Q(title__icontains=text) | Q(summary__icontains=text)
    if number := NUMBER.fullmatch(text):
        own |= Q(pk=int(number[1]))
    words = Q(bug_class__in=BugClass.objects.filter(name__icontains=text).order_by().values("pk"))
    words |= _in(Incident.factors, "contributingfactor__name__icontains", text)
    linked = Q(text__icontains=text) | Q(variable__icontains=text) | Q(url__icontains=text)
    rules = Rule.objects.filter(identifier__icontains=text).order_by().values("pk")
    of_alerts = Q(alert__rule__in=rules) | Q(alert__group_key__icontains=text)
    alerts = IncidentAlert.objects.filter(of_alerts, removed_at__isnull=True)
    return own | words | _of(IncidentLink.objects.filter(linked)) | _of(alerts)
