"""Ends open alerts of routes that are read as another one from now on (`telemetry.places.link`): nothing is counted for
their scopes any more, and what still fails alerts for the other route."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from detections.alerts.episode import store
from detections.alerts.handling.acknowledge import lock_with_scope
from detections.alerts.handling.resolve import close
from detections.alerts.models import Alert
from detections.rules.active_rules import spec_of
from detections.telemetry.models import Series

logger = logging.getLogger(__name__)

LONGEST = 300  # of `Alert.resolution`


def end_recounted(now: datetime) -> int:
    """Closes them; returns how many. One for which this raises is logged and skipped."""
    series = Series.objects.filter(project_environment=OuterRef("project_environment"), route=OuterRef("group_key"))
    moved = Exists(series.filter(canonical__isnull=False)), ~Exists(series.filter(canonical=None))
    alerts = Alert.objects.filter(*moved, dedup_key__isnull=False).exclude(group_key="")
    ended = 0
    for alert_id in list(alerts.order_by("pk").values_list("pk", flat=True)):
        try:
            ended += _end(alert_id, now)
        except Exception:
            logger.exception("alert %s of a route that is read as another could not be closed", alert_id)
    return ended


@transaction.atomic
def _end(alert_id: int, now: datetime) -> int:
    """1, or 0 where it was closed before or its rule does not group by route."""
    alert = lock_with_scope(alert_id)
    spec = spec_of(alert.version)
    if alert.dedup_key is None or spec is None or spec.group_by != "route":
        return 0
    routes = Series.objects.filter(project_environment=alert.project_environment_id, route=alert.group_key)
    canonical = routes.values_list("canonical__route", flat=True).first()
    why = f"its route is counted as {canonical} now: the numbers in it are ids. What still fails alerts there"
    close(alert, now, why if len(why) <= LONGEST else why[: LONGEST - 1] + "…", actor=store.ENGINE)
    return 1
