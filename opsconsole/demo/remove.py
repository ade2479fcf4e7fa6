"""Takes away everything that the demo made, alerts and their logs included."""

from __future__ import annotations

import pgtrigger
from django.db import transaction
from django.db.models import Model, QuerySet

from bootstrap.systems.models import App, Environment, System
from detections.alerts.models import Alert, AlertLog, Delivery, DeliveryAttempt
from detections.rules.models import Evaluation, Evidence, Scope
from detections.telemetry.models import Event, MinuteCount, Project
from opsconsole.demo.projects import SYSTEM


@transaction.atomic
def remove_demo() -> dict[str, int]:
    """Delete all rows of projects marked `demo`; returns how many of each table. Other projects are not touched.

    The append-only triggers are suspended for this transaction only: these are evidence of nothing.
    """
    projects = list(Project.objects.filter(demo=True).values_list("id", flat=True))
    removed: dict[str, int] = {}
    with pgtrigger.ignore("detections.AlertLog:append_only"):
        for rows in _in_order(projects):
            count, _ = rows.delete()
            removed[rows.model._meta.label_lower] = removed.get(rows.model._meta.label_lower, 0) + count
    return {table: count for table, count in removed.items() if count}


def _in_order(projects: list[int]) -> list[QuerySet[Model]]:
    alerts = Alert.objects.filter(project__in=projects)
    return [
        DeliveryAttempt.objects.filter(delivery__alert__in=alerts),
        Delivery.objects.filter(alert__in=alerts),
        AlertLog.objects.filter(alert__in=alerts),
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
