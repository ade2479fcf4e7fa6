"""Writes versions of a postmortem. Of two people at once one wins, the other is told, and keeps their text.

The incident itself does not change by it, and neither does its revision: who writes on the postmortem does not stand in
the way of who runs the incident."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from detections.incidents.models import Incident
from detections.incidents.postmortem.versions import current
from detections.incidents.postmortem_models import PostmortemVersion
from detections.incidents.record.write import IncidentInputError, append, lock, refuse_closed
from opsconsole.accounts.models import User
from opsconsole.lib.db.storable import storable
from opsconsole.lib.text.secrets import scrub_text

TEXT_LENGTH = 100_000  # characters, some 40 pages
NOTE_LENGTH = PostmortemVersion._meta.get_field("note").max_length or 0


class PostmortemConflict(Exception):
    """Somebody else has written a version meanwhile: `newest`, None where there is none. The text is a sentence."""

    def __init__(self, newest: PostmortemVersion | None) -> None:
        who = f"{newest.actor_name} saved version {newest.number}" if newest else "There is no version of it any more"
        super().__init__(f"{who} since you began. Your text is kept below; take over what is new, and save again.")
        self.newest = newest


@transaction.atomic
def save_version(
    incident_id: int,
    text: str,
    now: datetime,
    *,
    by: User | None,
    actor: str,
    seen: int,
    finished: bool = False,
    note: str = "",
) -> PostmortemVersion:
    """The next version, without secrets; the newest where nothing changed. `seen` is the number of the version that the
    person began with, 0 before the first.

    Raises Incident.DoesNotExist, PostmortemConflict, IncidentConflict where the incident is closed and `by` may not
    change such, and IncidentInputError for a text that cannot be taken."""
    text, note = _text(text), _note(note)
    incident = lock(incident_id)
    refuse_closed(incident, by)
    newest = current(incident)
    if seen != (newest.number if newest else 0):
        raise PostmortemConflict(newest)
    if newest is not None and (newest.text, newest.finished) == (text, finished):
        return newest
    who = {"at": now, "actor": by, "actor_name": actor}
    version = PostmortemVersion.objects.create(
        incident=incident, number=seen + 1, text=text, finished=finished, note=note, **who
    )
    _tell(incident, newest, version)
    return version


def _tell(incident: Incident, old: PostmortemVersion | None, new: PostmortemVersion) -> None:
    """The line of the timeline that links to the version."""
    said, important = _said(old, new)
    url = reverse("incident_postmortem_version", args=[incident.pk, new.number])
    append(incident, new.at, said, actor=new.actor_name, by=new.actor, url=url, important=important)


def _said(old: PostmortemVersion | None, new: PostmortemVersion) -> tuple[str, bool]:
    """The line of the timeline, and whether it is important: drafting and finishing are, what is between not."""
    note = f" ({new.note})" if new.note else ""
    if new.finished and not (old and old.finished):
        return f"Postmortem finished with version {new.number}{note}", True
    if old is not None and old.finished and not new.finished:
        return f"Postmortem no longer finished, version {new.number}{note}", True
    return f"Postmortem saved as version {new.number}{note}", old is None


def _text(text: str) -> str:
    """As it is stored: lines end by a newline."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    if not text.strip():
        raise IncidentInputError("text: a postmortem has some; it was empty.")
    if len(text) > TEXT_LENGTH:
        raise IncidentInputError(f"text: at most {TEXT_LENGTH:,} characters; it has {len(text):,}.")
    if not storable(text):
        raise IncidentInputError("text: without NUL and lone surrogates.")
    return scrub_text(text) + "\n"


def _note(note: str) -> str:
    note = " ".join(note.split())
    if len(note) > NOTE_LENGTH:
        raise IncidentInputError(f"note: at most {NOTE_LENGTH} characters.")
    if not storable(note):
        raise IncidentInputError("note: without NUL and lone surrogates.")
    return scrub_text(note)
