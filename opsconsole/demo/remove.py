"""Deletes everything that the demo created, alerts and their logs included."""

from __future__ import annotations

from collections import Counter

import pgtrigger
from django.apps import apps
from django.db import transaction
from django.db.models import Model, QuerySet

from bootstrap.systems.models import App, Environment, System
from detections.alerts.causes.models import AlertGroup, GroupedAlert
from detections.alerts.delivery_models import Delivery, DeliveryAttempt
from detections.alerts.models import Alert, AlertLog, AlertMember
from detections.incidents.models import IncidentAlert
from detections.rules.models import Evaluation, Evidence, Scope
from detections.telemetry.count_models import MinuteCount
from detections.telemetry.models import Event, Project, ProjectKey
from opsconsole.demo.projects import SYSTEM


@transaction.atomic
def remove_demo() -> dict[str, int]:
    """Delete all rows of projects marked `demo`. Returns the number of deleted rows by table.

    The append-only trigger of alert logs is disabled in this transaction only: logs of the demo are no evidence.
    """
    projects = list(Project.objects.filter(demo=True).values_list("id", flat=True))
    removed: Counter[str] = Counter()
    system = list(System.objects.filter(slug=SYSTEM).values_list("id", flat=True))
    with pgtrigger.ignore("detections.AlertLog:append_only"):
        for rows in _rows_to_delete(projects):
            removed.update(rows.delete()[1])
    for rows in _history(projects, system):  # last: the triggers record the removal too
        removed.update(rows.delete()[1])
    return {table: count for table, count in removed.items() if count}


def _history(projects: list[int], system: list[int]) -> list[QuerySet[Model]]:
    """The history that triggers recorded of the demo's rows."""

    def events_of(model: type[Model], **filters: object) -> QuerySet[Model]:
        history: type[Model] = apps.get_model(model._meta.app_label, f"{model.__name__}Event")
        return history._default_manager.filter(**filters)

    return [
        events_of(ProjectKey, project_id__in=projects),
        events_of(Project, id__in=projects),
        events_of(App, system_id__in=system),
        events_of(Environment, system_id__in=system),
        events_of(System, id__in=system),
    ]


def _rows_to_delete(projects: list[int]) -> list[QuerySet[Model]]:
    """Referencing tables before those that they refer to."""
    alerts = Alert.objects.filter(project__in=projects)
    return [
        DeliveryAttempt.objects.filter(delivery__alert__in=alerts),
        Delivery.objects.filter(alert__in=alerts),
        GroupedAlert.objects.filter(alert__in=alerts),
        # Absorbed ones have no leader: whose they were is not known once their deliveries are gone.
        AlertGroup.objects.filter(leader__in=alerts),
        AlertGroup.objects.filter(leader__isnull=True, alerts__isnull=True, deliveries__isnull=True),
        AlertLog.objects.filter(alert__in=alerts),
        AlertMember.objects.filter(alert__in=alerts),
        IncidentAlert.objects.filter(alert__in=alerts),  # incidents keep the lines that their alerts left
        alerts,
        Evaluation.objects.filter(scope__project_environment__project__in=projects),
        Evidence.objects.filter(scope__project_environment__project__in=projects),
        Scope.objects.filter(project_environment__project__in=projects),
        Event.objects.filter(project__in=projects),
        MinuteCount.objects.filter(project__in=projects),
        Project.objects.filter(id__in=projects),
        App.objects.filter(system__slug=SYSTEM),
        Environment.objects.filter(system__slug=SYSTEM),
        System.objects.filter(slug=SYSTEM),
    ]
