"""Open alerts of routes that are read as another one from now on (`telemetry.places.link`) go on there: nothing is
counted for their scopes any more, and what still fails is the same episode. Where that route has alerts they end."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from detections.alerts.episode import store
from detections.alerts.handling.acknowledge import append, lock
from detections.alerts.handling.resolve import close
from detections.alerts.models import Alert
from detections.rules.active_rules import spec_of
from detections.rules.models import Scope, Verdict
from detections.telemetry.models import Series

logger = logging.getLogger(__name__)

LONGEST = 300  # of `Alert.resolution`
MOVED = "moved"  # kind of a row of the log


def follow_recounted(now: datetime) -> int:
    """Moves or closes them; returns how many. One for which this raises is logged and skipped. Before verdicts are
    applied: that on the other route finds the alert there and opens none."""
    series = Series.objects.filter(project_environment=OuterRef("project_environment"), route=OuterRef("group_key"))
    moved = Exists(series.filter(canonical__isnull=False)), ~Exists(series.filter(canonical=None))
    alerts = Alert.objects.filter(*moved, dedup_key__isnull=False).exclude(group_key="").select_related("version")
    followed = 0
    for alert in alerts.order_by("pk"):
        try:
            followed += _follow(alert, now)
        except Exception:
            logger.exception("alert %s of a route that is read as another could not follow it", alert.pk)
    return followed


@transaction.atomic
def _follow(read: Alert, now: datetime) -> int:
    """1, or 0 where it was closed before or its rule does not group by route."""
    spec = spec_of(read.version)
    if spec is None or spec.group_by != "route":
        return 0
    routes = Series.objects.filter(project_environment=read.project_environment_id, route=read.group_key)
    canonical = routes.values_list("canonical__route", flat=True).first() or ""
    old, new = _locked_scopes(read, canonical, now)
    alert = lock(read.pk)
    if alert.dedup_key is None or alert.scope_id != old.pk:
        return 0
    # Judged by number and not applied yet: it would open a second alert there. The route is judged a minute later.
    Verdict.objects.filter(scope=old, consumed_at=None).update(consumed_at=now)
    why = f"its route is counted as {canonical} now: the numbers in it are ids."
    if Alert.objects.filter(scope=new).exists():
        why = f"{why} What still fails alerts there"
        close(alert, now, why if len(why) <= LONGEST else why[: LONGEST - 1] + "…", actor=store.ENGINE)
        return 1
    settling = [each.settling_until for each in (old, new) if each.settling_until is not None]
    Scope.objects.filter(pk=new.pk).update(
        settling_until=max(settling, default=None), settling_since=new.settling_since or old.settling_since
    )
    alert.scope, alert.group_key, alert.dedup_key = new, canonical, new.pk
    alert.save()
    append(alert, now, MOVED, actor=store.ENGINE, why=f"from {read.group_key}: {why}")
    return 1


def _locked_scopes(alert: Alert, canonical: str, now: datetime) -> tuple[Scope, Scope]:
    """The alert's scope and that of the canonical route, made where it is new; both locked in the order of `consume`,
    and before the alert."""
    there = {"rule": alert.rule_id, "project_environment": alert.project_environment_id, "group_key": canonical}
    named = {f"{name}_id" if name != "group_key" else name: value for name, value in there.items()}
    Scope.objects.bulk_create([Scope(**named, created_at=now)], ignore_conflicts=True)
    new_id = Scope.objects.values_list("pk", flat=True).get(**there)
    pair = Scope.objects.select_for_update(no_key=True).filter(pk__in=[alert.scope_id, new_id]).order_by("pk")
    locked = {scope.pk: scope for scope in pair}
    return locked[alert.scope_id], locked[new_id]
