"""The ingest endpoints as a WSGI callable in front of Django: `/api/<project>/envelope|store|security/`.

In front of Django, whose request, middlewares and response cost four times what accepting an event costs.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import Error as DatabaseUnavailable

from detections.ingest.http import quota
from detections.ingest.http.key_cache import KeyCache, Permit
from detections.ingest.http.request_body import Body, Environ
from detections.ingest.inbox.digest_trigger import DigestTrigger
from detections.ingest.inbox.group_commit import RETRY_SECONDS, WAIT_SECONDS, Flusher, unavailable
from detections.ingest.inbox_row import ENVELOPE, InboxRow
from detections.ingest.protocol.accept import Accepted, BodyLimits, accept, dsn_of
from detections.ingest.protocol.addresses import match_address
from detections.ingest.protocol.auth import Credentials, from_request, with_dsn
from detections.ingest.protocol.errors import ASK_DSN, Refused
from detections.ingest.protocol.item_types import UNUSED, rate_limits
from detections.ingest.protocol.responses import Answer, preflight, refusal
from detections.ingest.protocol.security_reports import ReportSender
from opsconsole.lib import clock
from opsconsole.lib.db.bounded import AWAY
from opsconsole.lib.task_names import DIGEST
from opsconsole.proxies import sender_of

logger = logging.getLogger(__name__)

Wsgi = Callable[[Environ, Any], Iterable[bytes]]
# Bytes read of a body before its sender is authenticated: the longest header line, in any encoding.
HEAD = 64 * 1024


class IngestApplication:
    """Answers the ingest endpoints itself and passes every other request to `django`."""

    def __init__(self, django: Wsgi, limits: BodyLimits) -> None:
        self._django = django
        self._limits = limits
        self._keys = KeyCache()
        self._flusher = Flusher(clock.now, DigestTrigger(DIGEST).send_soon)

    def start(self) -> None:
        """Starts the background thread of this process after the fork; the first request starts it otherwise."""
        self._flusher.start()

    def stop(self) -> None:
        """Commits what is queued and ends that thread."""
        self._flusher.stop()

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        self._flusher.start()
        address = match_address(environ.get("PATH_INFO", ""))
        if address is None:
            environ[AWAY] = self._flusher.away()
            return self._django(environ, start_response)
        try:
            answer = self._answer(environ, *address)
        except Refused as refused:
            answer = refusal(refused)
        except Exception:
            logger.exception("ingest failed")
            answer = refusal(Refused(500, "The console failed to take the event.", "see its log"))
        status, headers, body = answer.wsgi(browser="HTTP_ORIGIN" in environ)
        start_response(status, headers)
        return [body]

    def admit(self, environ: Environ) -> bool:
        """Whether a large body may come, given as much of it as has arrived (opsconsole.web_server.admission).

        False: the key stands in the body, of which the first HEAD bytes are needed. Raises Refused. Not asked, the
        request is checked in the same way when it has arrived.
        """
        address = match_address(environ.get("PATH_INFO", ""))
        if address is None or environ["REQUEST_METHOD"] == "OPTIONS":
            return True
        project_id, body = self._checked(environ, *address)
        return self._authenticated(environ, project_id, address[1], body, partial=True) is not None

    def _answer(self, environ: Environ, project: str, kind: str) -> Answer:
        if environ["REQUEST_METHOD"] == "OPTIONS":
            return preflight()
        project_id, body = self._checked(environ, project, kind)
        return self._take(environ, project_id, kind, body)

    def _checked(self, environ: Environ, project: str, kind: str) -> tuple[int, Body]:
        """The project and the body, of which nothing was read. Raises Refused: 404, 405, 413, 503."""
        method = environ["REQUEST_METHOD"]
        if method != "POST":
            raise Refused(405, "Only POST is allowed here.", f"got {method}", headers={"Allow": "POST, OPTIONS"})
        if not (project.isascii() and project.isdigit() and len(project) < 19):
            raise Refused(404, "There is no such project.", "project ids are whole numbers", ASK_DSN)
        if self._flusher.refuses():
            raise unavailable()
        return int(project), Body(environ, self._limits.raw(kind))

    def _authenticated(
        self, environ: Environ, project_id: int, kind: str, body: Body, *, partial: bool = False
    ) -> tuple[Credentials, Permit] | None:
        """The key, which is right, and what it permits; None if it stands in the body, which is `partial`.

        Raises Refused: 401, 403, 503, and for an envelope's header line 400, 413, 415.
        """
        credentials = _credentials(environ)
        if credentials is None:
            first = body.first(HEAD) if kind == ENVELOPE else b""
            if partial and kind == ENVELOPE and len(first) < HEAD:
                return None
            dsn = dsn_of(first, environ.get("HTTP_CONTENT_ENCODING", "")) if kind == ENVELOPE else None
            credentials = with_dsn(None, dsn, project_id)
        return credentials, self._permit(project_id, credentials)

    def _take(self, environ: Environ, project_id: int, kind: str, body: Body) -> Answer:
        """Authenticates, checks and stores a request. Raises Refused."""
        encoding = environ.get("HTTP_CONTENT_ENCODING", "")
        known = self._authenticated(environ, project_id, kind, body)
        assert known is not None
        credentials, permit = known
        content = body.whole()
        sender = sender_of(environ, settings.TRUSTED_PROXIES)
        now, event_id = clock.now(), uuid4()
        received = InboxRow(permit.project_id, kind, now, event_id, content, encoding, len(content), sender=sender[:45])
        browser = ReportSender(environ.get("QUERY_STRING", ""), environ.get("HTTP_USER_AGENT", ""))
        accepted = accept(received, self._limits, browser)
        with_dsn(credentials, accepted.dsn, project_id)
        return self._store(permit, accepted)

    def _permit(self, project_id: int, credentials: Credentials) -> Permit:
        self._flusher.start()  # it starts embedded servers that do not run; looking a key up does not
        end = time.monotonic() + WAIT_SECONDS
        while (now := time.monotonic()) < end:
            try:
                permit = self._keys.permit(project_id, credentials.public_key, now)
            except DatabaseUnavailable:
                time.sleep(RETRY_SECONDS)
                continue
            if permit is None:
                raise Refused(
                    403, "The key is not one of this project's, or it is revoked.", "sentry_key", "project", ASK_DSN
                )
            return permit
        raise unavailable()

    def _store(self, permit: Permit, accepted: Accepted) -> Answer:
        """Counts what is not used, stores the rest, and answers the event's id. Raises Refused: 403, 429, 503."""
        row = accepted.row
        if accepted.events:
            try:
                quota.check(row.project_id, permit.per_minute, row.received_at, accepted.events)
            except Refused:
                self._flusher.drop(row.project_id, row.received_at, "quota", "error", accepted.events)
                raise
        for item, n in accepted.unused.items():
            self._flusher.drop(row.project_id, row.received_at, f"unused:{item}", UNUSED[item], n)
        if row.body:
            self._flusher.store(row)
        limits = rate_limits({UNUSED[item] for item in accepted.unused})
        headers = {"X-Sentry-Rate-Limits": limits} if limits else {}
        return Answer(200, {"id": row.event_id.hex}, headers)


def _credentials(environ: Environ) -> Credentials | None:
    get = environ.get
    return from_request(get("HTTP_X_SENTRY_AUTH", ""), get("HTTP_AUTHORIZATION", ""), get("QUERY_STRING", ""))
