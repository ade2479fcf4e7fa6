"""Reads the limits of a web process from the settings."""

from __future__ import annotations

from django.conf import settings

from detections.ingest.inbox_row import ENVELOPE
from detections.ingest.protocol.accept import BodyLimits
from opsconsole.web_server.deadlines import TransferDeadlines
from opsconsole.web_server.limits import WebLimits

IDLE_SECONDS = 75.0  # SDKs and proxies reuse connections


def web_limits() -> WebLimits:
    """The limits as configured."""
    largest = max(
        BodyLimits(settings.INGEST_MAX_EVENT, settings.INGEST_MAX_ENVELOPE).raw(ENVELOPE),
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE + settings.EVIDENCE_MAX_FILE,
    )
    return WebLimits(
        TransferDeadlines(
            settings.WEB_HEAD_SECONDS, settings.WEB_BODY_SECONDS, settings.WEB_ANSWER_SECONDS, IDLE_SECONDS
        ),
        connections=settings.WEB_CONNECTIONS,
        per_address=settings.WEB_ADDRESS_REQUESTS,
        buffered=max(settings.WEB_BUFFER_BYTES, largest),
        body=largest,
        proxies=settings.TRUSTED_PROXIES,
    )
