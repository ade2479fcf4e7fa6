"""The messages about its alerts that left, or never will, by target; of the incident's own updates those that never
will, since the updates themselves are lines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse

from detections.alerts.causes.models import GroupedAlert
from detections.alerts.delivery_models import Delivery, DeliveryAttempt
from detections.incidents.timeline.sources.contract import GatheredLine, GatherQuestion
from detections.incidents.timeline_models import TimelineLine

MESSAGE, SENT, DEAD = "delivery", "sent", "dead"
Status = Delivery.Status
RESPONSE = 200  # characters of an error


def read(question: GatherQuestion) -> Sequence[GatheredLine]:
    """Two queries. A message of a group is one of each of its alerts.

    The groups are read first: beside `alert IN`, a subquery in the same OR makes PostgreSQL read every message."""
    groups = list(GroupedAlert.objects.filter(alert__in=question.alerts).values_list("group", flat=True).distinct())
    about = Q(alert__in=question.alerts) | Q(group__in=groups)
    left = Q(status=Status.SENT) & about & question.unread(MESSAGE, SENT)
    died = Q(status=Status.DEAD) & (about | Q(incident=question.incident)) & question.unread(MESSAGE, DEAD)
    last = DeliveryAttempt.objects.filter(delivery=OuterRef("pk")).order_by("-number")
    rows = Delivery.objects.filter(left | died).annotate(
        ended=Coalesce(F("sent_at"), Subquery(last.values("at")[:1]), F("queued_at")),
        response=Subquery(last.values("response")[:1]),
    )
    newest = rows.select_related("target").defer("payload", "routing").order_by("-id")[: question.most]
    return [_line(row, row.ended, row.response or "") for row in newest]


def _line(row: Delivery, ended: datetime, response: str) -> GatheredLine:
    died = row.status == Status.DEAD
    what, target = f"Message ({row.get_kind_display().lower()})", row.target.name
    if died:
        text = f"{what} could not be sent to {target}" + (f": {response[:RESPONSE]}" if response else "")
    elif row.shown_only:
        text = f"{what} for {target} was shown in the console; nothing left it"
    else:
        text = f"{what} sent to {target}"
    return GatheredLine(
        f"{MESSAGE}:{row.pk}:{DEAD if died else SENT}",
        TimelineLine.Kind.MESSAGE,
        ended,
        text,
        where=row.target.address,
        url=reverse("alert", args=[row.alert_id]) + "#messages-title" if row.alert_id else "",
        important=died,
    )
