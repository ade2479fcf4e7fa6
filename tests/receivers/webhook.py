"""A receiver of signed webhooks, written from their documentation: HMAC-SHA256 over time and body."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import ssl
import time
from collections.abc import Callable
from typing import Any

from tests.receivers.http_receiver import HttpReceiver, Received, Reply

TOLERANCE = 300  # seconds between the time that was signed and the receiver's clock
_SIGNATURE = re.compile(r"t=(?P<time>\d{1,12}),v1=(?P<digest>[0-9a-f]{64})")


class WebhookServer(HttpReceiver):
    """Takes JSON whose header `X-Opsconsole-Signature: t=<Unix time>,v1=<hex of HMAC-SHA256(secret, "<t>.<body>")>` is
    right; without a secret it asks for none. `bodies` are those that it took."""

    def __init__(
        self,
        secret: str | None = None,
        tls: ssl.SSLContext | None = None,
        header: str = "X-Opsconsole-Signature",
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(tls)
        self.secret, self._header, self._clock = secret, header.lower(), clock
        self.bodies: list[Any] = []

    def answer(self, received: Received) -> Reply:
        if wrong := self._wrong(received):
            return self.refuse(wrong, Reply(401, wrong.encode()))
        try:
            self.bodies.append(json.loads(received.body))
        except ValueError:
            return self.refuse("the body is no JSON", Reply(400))
        return Reply(204)

    def _wrong(self, received: Received) -> str | None:
        if self.secret is None:
            return None
        found = _SIGNATURE.fullmatch(received.headers.get(self._header, ""))
        if not found:
            return f"{self._header} is missing or has another form"
        signed = found["time"].encode() + b"." + received.body
        if not hmac.compare_digest(hmac.new(self.secret.encode(), signed, hashlib.sha256).hexdigest(), found["digest"]):
            return "the signature is of another secret, time or body"
        if abs(self._clock() - int(found["time"])) > TOLERANCE:
            return "the signature is too old"
        return None
