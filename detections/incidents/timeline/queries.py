"""Reads of the timeline."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import Case, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from detections.incidents.models import Incident
from detections.incidents.timeline_models import TimelineFile, TimelineLine, TimelineMark

Mark = TimelineMark.Mark
ALL, IMPORTANT, NOTES = "all", "important", "notes"


def with_marks(lines: QuerySet[TimelineLine]) -> QuerySet[TimelineLine]:
    """The lines with `standing`, a TimelineMark.Mark: the newest that a person gave it, else as its source judges."""
    newest = TimelineMark.objects.filter(line=OuterRef("pk")).order_by("-id").values("mark")[:1]
    judged = Case(When(important=True, then=Value(Mark.IMPORTANT)), default=Value(Mark.PLAIN))
    return lines.annotate(standing=Coalesce(Subquery(newest), judged))


def lines_of(incident: Incident, show: str = ALL) -> QuerySet[TimelineLine]:
    """The incident's lines in no order: all, the important ones, or the notes."""
    lines = incident.timeline.select_related("actor").order_by()
    if show == IMPORTANT:
        return with_marks(lines).filter(Q(standing=Mark.IMPORTANT))
    return lines.filter(kind=TimelineLine.Kind.NOTE) if show == NOTES else lines


def newest_marks(lines: Collection[int] | Incident) -> dict[int, TimelineMark]:
    """The newest mark of each of the lines with these ids, or of the incident, that has one. One query."""
    of: dict[str, Any] = {"incident": lines} if isinstance(lines, Incident) else {"line__in": lines}
    rows = TimelineMark.objects.filter(**of).order_by("line_id", "-id").distinct("line_id")
    return {row.line_id: row for row in rows}


def files_of(lines: Collection[int] | Incident) -> dict[int, list[TimelineFile]]:
    """The files of the lines with these ids, or of the incident, without their content. One query."""
    found: dict[int, list[TimelineFile]] = {}
    of: dict[str, Any] = {"line__incident": lines} if isinstance(lines, Incident) else {"line__in": lines}
    for file in TimelineFile.objects.filter(**of).defer("content").order_by("id"):
        found.setdefault(file.line_id, []).append(file)
    return found


def newest(incident: Incident) -> tuple[int, int]:
    """The ids of its newest line and of the newest mark of one, 0 without: equal ones mean an equal timeline. Two
    queries."""
    line = incident.timeline.order_by("-id").values_list("id", flat=True).first() or 0
    mark = TimelineMark.objects.filter(incident=incident).order_by("-id").values_list("id", flat=True).first()
    return line, mark or 0
