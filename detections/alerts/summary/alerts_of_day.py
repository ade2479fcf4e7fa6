"""The alerts that a daily summary is about, counted by rule and environment."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Case, Count, Exists, Max, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from detections.alerts.delivery_models import Delivery
from detections.alerts.models import Alert
from detections.alerts.queries import OPEN_STATUSES
from detections.alerts.summary.models import DailySummary
from detections.rules.models import Severity

# A slot is judged at most a day after its end; `opened_at` has an index.
LATEST = timedelta(days=2)


@dataclass(frozen=True)
class AlertsOfRule:
    """Alerts of a rule in an environment. `kind`: `silenced`, `late`, `alerts` (no message of their own) or `paged`;
    `newest`: the id of the newest, and `group` its own where it is the only one; `severer`: how many are more than
    medium."""

    kind: str
    rule: str
    title: str
    project: str
    environment: str
    count: int
    still_open: int
    severer: int
    newest: int
    group: str


KIND = Case(
    When(detected_late=True, then=Value("late")),
    When(Q(told=True) | Q(severity=Severity.MEDIUM), then=Value("alerts")),
    default=Value("paged"),
)
COLUMNS = (
    *("kind", "rule__identifier", "rule__title", "project__slug", "project_environment__name"),
    *("n", "still_open", "severer", "newest", "group"),
)


def candidates(summary: DailySummary) -> QuerySet[Alert]:
    """Those whose message waits for this summary, or waited, and those first judged in its time."""
    waits = Q(summary=summary) | Q(status=Delivery.Status.FOR_SUMMARY, queued_at__lt=summary.until)
    told = Delivery.objects.filter(waits, alert=OuterRef("pk"))
    judged = Q(opened_at__gte=summary.since - LATEST, opened_at__lt=summary.until)
    judged &= Q(at__gte=summary.since, at__lt=summary.until)
    rows = Alert.objects.alias(at=Coalesce("detected_at", "opened_at"), told=Exists(told)).filter(Q(told=True) | judged)
    return rows.exclude(status__in=[Alert.Status.PENDING, Alert.Status.INACTIVE])


def alerts_of(summary: DailySummary, silenced: Collection[int]) -> list[AlertsOfRule]:
    """The summary's alerts, most first; `silenced` are the ids of those that a silence hides. One query."""
    kind = Case(When(pk__in=silenced, then=Value("silenced")), default=KIND) if silenced else KIND
    counted = (
        candidates(summary)
        .annotate(kind=kind)
        .values(*COLUMNS[:5])
        .annotate(
            n=Count("pk"),
            still_open=Count("pk", filter=Q(status__in=OPEN_STATUSES)),
            severer=Count("pk", filter=Q(severity__gt=Severity.MEDIUM)),
            newest=Max("pk"),
            group=Max("group_key"),
        )
    )
    ordered = counted.order_by("-n", "rule__identifier", "project__slug", "project_environment__name")
    return [AlertsOfRule(*row) for row in ordered.values_list(*COLUMNS)]
