"""What people note in the timeline of an incident, with files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from detections.alerts.handling.acknowledge import name_of
from detections.incidents.models import Incident
from detections.incidents.record.inputs import EARLIEST
from detections.incidents.record.write import IncidentConflict, IncidentInputError, append, lock, refuse_closed
from detections.incidents.timeline_models import TimelineFile, TimelineLine
from opsconsole.accounts.models import User
from opsconsole.lib.db.storable import NO_TEXT, storable
from opsconsole.lib.text.secrets import scrub_lines
from opsconsole.lib.web.attachments import Attachment

LONGEST = 20_000  # characters
MOST_FILES = 5
_MARKS = re.compile(r"^\s*(?:#{1,6}|[-*+>])\s")


def add_note(
    incident_id: int,
    text: str,
    now: datetime,
    *,
    by: User,
    actor: str = "",
    at: datetime | None = None,
    files: Sequence[Attachment] = (),
    key: UUID | None = None,
) -> TimelineLine:
    """Writes a note (markdown) into the timeline and returns it. Secrets in its text are replaced by `[Filtered]`.

    `at` is when it happened, `now` where it is None; `actor` the name in the timeline where it is not the user's own (a
    token); with the `key` of an earlier note of `by` that one is returned. A note takes no revision. Raises
    Incident.DoesNotExist, IncidentInputError, and IncidentConflict where the key is of a note with another text, or the
    incident is closed and `by` may not change such."""
    text = _readable(text)
    _refuse_time(at, now)
    _refuse_files(files)
    with transaction.atomic():
        incident = lock(incident_id)
        ref = f"note:{by.pk}:{key}" if key else ""
        if key and (written := incident.timeline.filter(ref=ref).first()):
            return _same(incident, written, text)
        refuse_closed(incident, by)
        who, kind = actor or name_of(by), TimelineLine.Kind.NOTE
        line = append(incident, now, first_line(text), actor=who, by=by, kind=kind, body=text, at=at, ref=ref)
        TimelineFile.objects.bulk_create([_row(line, file) for file in files])
    return line


def _same(incident: Incident, written: TimelineLine, text: str) -> TimelineLine:
    if written.body != text:
        raise IncidentConflict(
            incident, "The note was written already, with another text; send this one as another note."
        )
    return written


def first_line(text: str) -> str:
    """The first line of a text that says something, without the marks of a heading or a list."""
    lines = (_MARKS.sub("", line).strip() for line in text.splitlines())
    return next(filter(None, lines), text.strip())


def _readable(text: str) -> str:
    """The text as it is kept."""
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise IncidentInputError("The text of a note is missing.")
    if len(text) > LONGEST:
        raise IncidentInputError(f"The text of a note has {len(text):,} characters; allowed are {LONGEST:,}.")
    if not storable(text):
        raise IncidentInputError(f"The text of a note {NO_TEXT}.")
    return scrub_lines(text)


def _refuse_time(at: datetime | None, now: datetime) -> None:
    if at is not None and at.tzinfo is None:
        raise IncidentInputError("The time that it happened at has no zone: add Z, or +02:00.")
    if at is not None and not EARLIEST <= at <= now:
        raise IncidentInputError(
            f"The time that it happened at is not in the future and not before {EARLIEST:%Y}; "
            f"now is {now.astimezone(UTC):%Y-%m-%d %H:%M} UTC."
        )


def _refuse_files(files: Sequence[Attachment]) -> None:
    if len(files) > MOST_FILES:
        raise IncidentInputError(f"A note takes at most {MOST_FILES} files, not {len(files)}.")
    most = settings.EVIDENCE_MAX_FILE
    if sum(len(file.content) for file in files) > most:
        raise IncidentInputError(f"The files of a note are larger than {most / 1024 / 1024:.3g} MB together.")


def _row(line: TimelineLine, file: Attachment) -> TimelineFile:
    return TimelineFile(
        line=line,
        name=file.name,
        content_type=file.content_type,
        size=len(file.content),
        sha256=file.sha256,
        content=file.content,
    )
