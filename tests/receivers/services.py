"""The services that apprise sends to, by their own names, with the limits that they publish."""

from __future__ import annotations

import json
import re
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs

from tests.receivers.certificates import Authority
from tests.receivers.http_receiver import HttpReceiver, Received, Reply, json_reply

# https://core.telegram.org/bots/api#html-style: other < and & are refused.
_STRAY = re.compile(r"<(?!/?(?:b|i|u|s|code|pre|a|em|strong)(?: [^<>]*)?>)|&(?!(?:lt|gt|amp|quot);|#\d+;)")


@dataclass(frozen=True)
class Taken:
    """A message that a service took: its texts, and the body of the request."""

    host: str
    path: str
    title: str
    text: str
    body: Mapping[str, Any]


@dataclass(frozen=True)
class _Texts:
    """By which names a service reads title and text, and how long they may be."""

    path: str
    text: str
    most: int
    title: str = ""
    longest_title: int = 0


# Limits: discord.com/developers/docs/resources/webhook, core.telegram.org/bots/api#sendmessage, docs.opsgenie.com/docs/
# alert-api, pushover.net/api#limits, docs.ntfy.sh/config, docs.pushbullet.com, prowlapp.com/api.php,
# developers.google.com/workspace/chat/api/reference/rest/v1/spaces.messages, developer.webex.com
SERVICES: Mapping[str, _Texts] = MappingProxyType(
    {
        "discord.com": _Texts("/api/webhooks/", "content", 2000),
        "api.telegram.org": _Texts("/bot", "text", 4096),
        "api.opsgenie.com": _Texts("/v2/alerts", "description", 15_000, "message", 130),
        "api.eu.opsgenie.com": _Texts("/v2/alerts", "description", 15_000, "message", 130),
        "api.pushover.net": _Texts("/1/messages.json", "message", 1024, "title", 250),
        "ntfy.sh": _Texts("/", "message", 4096, "title", 250),
        "api.pushbullet.com": _Texts("/v2/pushes", "body", 100_000, "title", 1000),
        "api.prowlapp.com": _Texts("/publicapi/add", "description", 10_000, "event", 1024),
        "chat.googleapis.com": _Texts("/v1/spaces/", "text", 4096),
        "api.ciscospark.com": _Texts("/v1/webhooks/incoming/", "text", 7439),
    }
)


class ServicesServer(HttpReceiver):
    """All of them on one port. `taken` are the messages that they took."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        super().__init__(tls)
        self.taken: list[Taken] = []
        self.looked_up: list[str] = []

    def connect(self, connect: Callable[..., socket.socket]) -> Callable[..., socket.socket]:
        """In place of `connect`, which leads outside: every name leads to this server."""

        def to_here(address: tuple[str, int], *args: Any, **options: Any) -> socket.socket:
            self.looked_up.append(f"{address[0]}:{address[1]}")
            return connect((self.host, self.port), *args, **options)

        return to_here

    def answer(self, received: Received) -> Reply:
        host = received.headers["host"]
        service = SERVICES.get(host)
        if service is None or not received.path.startswith(service.path):
            return self.refuse(f"{host}{received.path}", Reply(404))
        body = _body(received)
        title, text = str(body.get(service.title, "")), str(body.get(service.text, ""))
        length = len(text.encode()) if host == "ntfy.sh" else len(text)
        if not 0 < length <= service.most:
            return self.refuse(f"{host}: text of {length} characters. Allowed: 1 to {service.most}", Reply(400))
        if body.get("parse_mode") == "HTML" and _STRAY.search(text):
            return self.refuse(f"{host}: can't parse entities", Reply(400))
        if len(title) > service.longest_title:
            return self.refuse(f"{host}: title of {len(title)} characters", Reply(400))
        self.taken.append(Taken(host, received.path, title, text, body))
        return json_reply(202 if "opsgenie" in host else 200, {"ok": True, "status": 1, "requestId": "r-1"})


def all_names(authority: Authority) -> ssl.SSLContext:
    return authority.server(*SERVICES)


def _body(received: Received) -> dict[str, Any]:
    if "json" in received.headers.get("content-type", ""):
        said = json.loads(received.body)
        return said if isinstance(said, dict) else {}
    return {name: values[-1] for name, values in parse_qs(received.body.decode()).items()}
