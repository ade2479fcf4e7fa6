"""Rows that digest cannot work off: set aside, scrubbed, with their error; tried again on request."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime

import msgspec
from django.db import transaction

from detections.ingest.event.scrub import scrub
from detections.ingest.models import Inbox, Quarantined
from detections.ingest.protocol.content_encoding import decode
from detections.ingest.protocol.envelope import Item, build, parse
from detections.ingest.protocol.errors import NotJson, Refused
from detections.ingest.protocol.lenient_json import loads
from detections.ingest.to_records import LIMIT, Raw
from opsconsole.lib.text.secrets import scrub_text

logger = logging.getLogger(__name__)


def set_aside(raw: Raw, error: Exception, now: datetime) -> Quarantined:
    """Moves a row from the inbox to quarantine, in the caller's transaction where there is one."""
    with transaction.atomic():
        row = Quarantined.objects.create(
            project_id=raw.project_id,
            format=raw.format,
            received_at=raw.received_at,
            event_id=raw.event_id,
            body=scrubbed(raw),
            error=scrub_text(f"{type(error).__name__}: {error}"[:2000].replace("\0", "")),
            attempts=raw.attempts + 1,
            set_aside_at=now,
        )
        Inbox.objects.filter(pk=raw.id).delete()
    logger.error("event set aside", extra={"event_id": raw.event_id.hex, "project": raw.project_id})
    return row


def retry(ids: Iterable[int], now: datetime) -> int:
    """Puts rows back into the inbox with the time of their first receipt; returns how many."""
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
            )
            for row in rows
        )
        Quarantined.objects.filter(pk__in=[row.pk for row in rows]).update(resolved_at=now)
    return len(rows)


def scrubbed(raw: Raw) -> bytes:
    """The row's body without secrets: as JSON where it can be read, else as text, each line for itself."""
    try:
        body = decode(raw.body, raw.encoding, LIMIT)
    except Refused:
        return b""  # no text can be seen in it, so none can be shown or tried again
    if raw.format == Inbox.Format.STORE:
        return _scrubbed_json(body)
    try:
        envelope = parse(body)
    except Refused:
        return _scrubbed_text(body)
    items = [Item(item.type, scrub(item.headers), _scrubbed_json(item.payload)) for item in envelope.items]
    return build(scrub(envelope.headers), items)


def _scrubbed_json(payload: bytes) -> bytes:
    try:
        value = loads(payload)
    except NotJson:
        return _scrubbed_text(payload)
    return msgspec.json.encode(scrub({"value": value})["value"])


def _scrubbed_text(body: bytes) -> bytes:
    return scrub_text(body.decode(errors="replace").replace("\0", "")).encode()
