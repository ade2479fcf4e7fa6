"""Periodic work: judges all environments again, as reports get stale, postures and waivers lapse, and dates
pass; deletes old reports."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from bootstrap.checklists.models import RunPlan
from bootstrap.checklists.plans.view import day_of
from bootstrap.config_health.findings.recompute import recompute
from bootstrap.config_health.models import KEEP_DAYS, OVERDUE_KINDS, ConfigReport, Finding, ReportToken
from bootstrap.systems.models import Deployment, Environment

logger = logging.getLogger(__name__)

# Rows deleted by one statement, which takes some 50 ms, so that nothing waits long for its locks.
SLICE = 1000


def recompute_all(now: datetime) -> int:
    """Judge each environment in which a deployment has a report or a live token, or a checklist is or was overdue, in a
    transaction of its own.

    Returns how many findings were opened or closed; a second run gives 0. An environment that fails is logged, and the
    others are still judged.
    """
    reports = ConfigReport.objects.filter(deployment=OuterRef("pk"))
    live = ReportToken.objects.filter(deployment=OuterRef("pk"), revoked_at__isnull=True)
    watched = Deployment.objects.filter(Q(Exists(reports)) | Q(Exists(live)))
    overdue = Finding.objects.filter(kind__in=OVERDUE_KINDS, closed_at__isnull=True)
    late = RunPlan.objects.filter(due_on__lt=day_of(now), run__closed_at__isnull=True)
    judged = Environment.objects.filter(
        Q(deployments__in=watched)
        | Q(pk__in=overdue.values("run__environment"))
        | Q(pk__in=late.values("run__environment"))
    )
    changed = 0
    for environment in judged.distinct().order_by("pk"):
        try:
            changed += recompute(environment, now)
        except Exception:
            logger.exception("config health of %s was not judged", environment)
    return changed


def drop_old_reports(now: datetime) -> int:
    """Delete reports received more than KEEP_DAYS ago, except the newest of each deployment. Returns how many."""
    newer = ConfigReport.objects.filter(deployment=OuterRef("deployment"), reported_at__gt=OuterRef("reported_at"))
    old = ConfigReport.objects.filter(Exists(newer), received_at__lt=now - timedelta(days=KEEP_DAYS)).order_by("pk")
    dropped = 0
    while ids := list(old.values_list("pk", flat=True)[:SLICE]):
        ConfigReport.objects.filter(pk__in=ids).delete()
        dropped += len(ids)
    return dropped
