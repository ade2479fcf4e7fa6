"""Writes the lines that the sources have for the timelines of incidents.

Each run reads the whole time again and takes what the timeline does not have, so that a row that comes late is found; a
line is written once, since its `ref` is unique in its incident. Two runs at once do no harm.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from billiard.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.db.models import F, Q, QuerySet

from detections.alerts.models import Alert
from detections.incidents.models import Incident
from detections.incidents.record.write import lock
from detections.incidents.timeline.question import question_about
from detections.incidents.timeline.sources.contract import GatheredLine
from detections.incidents.timeline.sources.registry import SOURCES
from detections.incidents.timeline_models import TimelineLine

logger = logging.getLogger(__name__)

MOST = 500  # lines of one source in one run
EACH_RUN = 100  # incidents
BUDGET = 10  # seconds of a run; an incident that was begun is finished
# What is over is read again every ten minutes; what is closed until an hour later, or as long as an alert of it fires.
AGAIN, AFTER_CLOSE, CLOSED_EACH_RUN = timedelta(minutes=10), timedelta(hours=1), 5
Status = Incident.Status
IMPACT = (Status.OPEN, Status.MITIGATED)


def gather_all(now: datetime, seconds: Callable[[], float] = time.monotonic) -> int:
    """Gathers for the incidents whose time it is, those that wait longest first, until BUDGET is spent by the clock
    `seconds`; the number of lines that are new. An incident for which this raises is logged and skipped."""
    new, began = 0, seconds()
    closed = list(_due_closed(now)[:CLOSED_EACH_RUN])
    for pk in [*closed[:1], *_due(now)[:EACH_RUN], *closed[1:]]:  # a closed one gets its turn however many are open
        if seconds() - began >= BUDGET:
            logger.warning("timelines: the time of this run is spent; the next one goes on")
            break
        try:
            new += _gather_free(pk, now)
        except SoftTimeLimitExceeded:
            raise
        except Exception:
            logger.exception("the timeline of incident %s could not be gathered; the next run tries again", pk)
    return new


def gather(incident_id: int, now: datetime) -> int:
    """Gathers for one incident, whatever its status, when a person asks; waits for a run that has it. The number of
    lines that are new. Idempotent. Raises Incident.DoesNotExist."""
    with transaction.atomic():
        return _gather(lock(incident_id), now)


def _due(now: datetime) -> QuerySet[Incident, int]:
    """Ids of the incidents that are not closed and have to be gathered."""
    rows = Incident.objects.filter(
        Q(status__in=IMPACT)
        | Q(status__in=(Status.RESOLVED, Status.POSTMORTEM_DUE))
        & (Q(gathered_until__isnull=True) | Q(gathered_at__lte=now - AGAIN))
    )
    return rows.order_by(F("gathered_at").asc(nulls_first=True), "id").values_list("pk", flat=True)


def _due_closed(now: datetime) -> QuerySet[Incident, int]:
    """Ids of closed incidents that may lack something, in any order: a few of many get their turn. Nothing is gathered
    for records of a runbook."""
    lacking = Q(gathered_until__isnull=True) | Q(gathered_until__lt=F("closed_at") + AFTER_CLOSE)
    rested = Q(gathered_until__isnull=True) | Q(gathered_at__isnull=True) | Q(gathered_at__lte=now - AGAIN)
    rows = Incident.objects.filter(lacking, rested, status=Status.CLOSED, import_key="")
    return rows.order_by("?").values_list("pk", flat=True)


@transaction.atomic
def _gather_free(pk: int, now: datetime) -> int:
    """As `gather`; 0 where somebody else has the incident: a person's act, or another run."""
    free = Incident.objects.select_for_update(skip_locked=True, no_key=True, of=("self",)).filter(pk=pk).first()
    return _gather(free, now) if free is not None else 0


def _gather(incident: Incident, now: datetime) -> int:
    question = question_about(incident, now, MOST)
    answers = [source(question) for source in SOURCES]
    lines = {line.ref: line for answer in answers for line in answer}
    known = incident.timeline.filter(ref__in=lines).values_list("ref", flat=True)
    new = [_row(incident, lines[ref], now) for ref in lines.keys() - set(known)]
    new.sort(key=lambda row: (row.at, row.ref))
    TimelineLine.objects.bulk_create(new, ignore_conflicts=True)
    cut = bool(new) and any(len(answer) >= question.most for answer in answers)
    until = min(now, incident.closed_at) if incident.closed_at and _still_fires(question.alerts) else now
    Incident.objects.filter(pk=incident.pk).update(gathered_until=None if cut else until, gathered_at=now)
    return len(new)


def _still_fires(alerts: object) -> bool:
    """Whether one of the alerts is open, whose end belongs into the timeline."""
    return Alert.objects.filter(pk__in=alerts, dedup_key__isnull=False).exists()


def _row(incident: Incident, line: GatheredLine, now: datetime) -> TimelineLine:
    return TimelineLine(
        incident=incident,
        kind=line.kind,
        at=line.at,
        recorded_at=now,
        text=_cut("text", line.text),
        where=_cut("where", line.where),
        actor_id=line.actor,
        actor_name=_cut("actor_name", line.actor_name),
        url=line.url if line.url == _cut("url", line.url) else "",
        ref=line.ref,
        important=line.important,
    )


def _cut(field: str, value: str) -> str:
    length: int = getattr(TimelineLine._meta.get_field(field), "max_length", 0)
    return value if len(value) <= length else f"{value[: length - 1]}…"
