"""Asks the application whether a large body may come, so that only those with a right key are read whole."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING, Any, Protocol

from detections.ingest.protocol.errors import Refused
from opsconsole.web_server.tasks import RequestTask

if TYPE_CHECKING:
    from opsconsole.web_server.channel import RequestChannel
    from opsconsole.web_server.parser import StrictParser

logger = logging.getLogger(__name__)

# Bytes of a body that are read before the application is asked: more than most events have, and an envelope's header.
FIRST_BYTES = 64 * 1024


class AdmittingApplication(Protocol):
    """A WSGI application that looks at large requests before their bodies have arrived."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Answers a request."""

    def admit(self, environ: dict[str, Any]) -> bool:
        """Whether the body may come, given as much of it as has arrived; False: ask again after FIRST_BYTES.

        Raises Refused.
        """


class Admission:
    """One question to the application about the request that is arriving; a task for the threads."""

    def __init__(self, channel: RequestChannel, request: StrictParser) -> None:
        self._channel = channel
        self._request = request
        self._environ = RequestTask(channel, request).get_environment()
        self._environ["wsgi.input"] = io.BytesIO(request.body_rcv.getbuf().get(FIRST_BYTES))

    def service(self) -> None:
        """Asks, and has the channel told in the thread that receives."""
        refused, admitted = None, True
        try:
            admitted = self._channel.server.application.admit(self._environ)
        except Refused as error:
            refused = error
        except Exception:  # then the request itself says it, once it is there
            logger.exception("admission failed")
        self._channel.server.trigger.pull_trigger(lambda: self._channel.answered(self._request, admitted, refused))

    def cancel(self) -> None:
        """The process ends: nobody waits for the answer."""
