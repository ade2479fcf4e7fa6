"""Quarantine: inbox rows that the digest cannot read or write, kept scrubbed with their error; retried on request."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime

import msgspec
from django.db import transaction

from detections.ingest.event.scrub import scrub
from detections.ingest.inbox_row import STORE, InboxRow
from detections.ingest.models import Inbox, Quarantined
from detections.ingest.protocol.content_encoding import decode
from detections.ingest.protocol.envelope import EnvelopeItem, build, parse
from detections.ingest.protocol.errors import NotJson, Refused
from detections.ingest.protocol.lenient_json import loads
from detections.ingest.to_records import LIMIT
from opsconsole.lib.text.secrets import scrub_text

logger = logging.getLogger(__name__)


def set_aside(row: InboxRow, error: Exception, now: datetime) -> Quarantined:
    """Moves a row from the inbox to quarantine, in the caller's transaction where there is one."""
    with transaction.atomic():
        quarantined = Quarantined.objects.create(
            project_id=row.project_id,
            format=row.format,
            received_at=row.received_at,
            event_id=row.event_id,
            body=scrubbed(row),
            error=scrub_text(f"{type(error).__name__}: {error}"[:2000].replace("\0", "")),
            attempts=row.attempts + 1,
            sender=row.sender,
            set_aside_at=now,
        )
        Inbox.objects.filter(pk=row.id).delete()
    logger.error("event quarantined", extra={"event_id": row.event_id.hex, "project": row.project_id})
    return quarantined


def retry(ids: Iterable[int], now: datetime) -> int:
    """Puts the rows of these ids back into the inbox with the time of their first receipt; returns how many."""
    with transaction.atomic():
        rows = list(Quarantined.objects.select_for_update().filter(pk__in=ids, resolved_at__isnull=True))
        Inbox.objects.bulk_create(
            Inbox(
                project_id=row.project_id,
                format=row.format,
                received_at=row.received_at,
                event_id=row.event_id,
                body=row.body,
                size=len(row.body),
                attempts=row.attempts,
                sender=row.sender,
            )
            for row in rows
        )
        Quarantined.objects.filter(pk__in=[row.pk for row in rows]).update(resolved_at=now, sender="")
    return len(rows)


def scrubbed(row: InboxRow) -> bytes:
    """The row's body decoded and without secrets: as JSON where it is JSON, else as text; b"" where it is neither."""
    try:
        body = decode(row.body, row.encoding, LIMIT)
    except Refused:
        return b""  # no text can be read in it, so none can be shown or tried again
    if row.format == STORE:
        return _scrubbed_json(body)
    try:
        envelope = parse(body)
    except Refused:
        return _scrubbed_text(body)
    items = [EnvelopeItem(item.type, scrub(item.headers), _scrubbed_json(item.payload)) for item in envelope.items]
    return build(scrub(envelope.headers), items)


def _scrubbed_json(payload: bytes) -> bytes:
    try:
        value = loads(payload)
    except NotJson:
        return _scrubbed_text(payload)
    # Of an event as a whole more is known, such as which parameters its message calls secrets.
    return msgspec.json.encode(scrub(value) if type(value) is dict else scrub({"value": value})["value"])


def _scrubbed_text(body: bytes) -> bytes:
    return scrub_text(body.decode(errors="replace").replace("\0", "")).encode()
