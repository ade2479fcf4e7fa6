"""PagerDuty's Events API v2: https://developer.pagerduty.com/docs/events-api-v2/trigger-events"""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Iterator
from typing import Any

from tests.receivers.http_receiver import HttpReceiver, Received, Reply, json_reply

ROUTING_KEY = "0123456789abcdef0123456789abcdef"
MAX_BYTES = 512 * 1024
SEVERITIES = {"critical", "error", "warning", "info"}
ACTIONS = {"trigger": "triggered", "acknowledge": "acknowledged", "resolve": "resolved"}
_KEYS = {"routing_key", "event_action", "dedup_key", "payload", "links", "images", "client", "client_url"}
_PAYLOAD_KEYS = {"summary", "source", "severity", "timestamp", "component", "group", "class", "custom_details"}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)")


class PagerDutyServer(HttpReceiver):
    """`events` are those that were taken, `incidents` the state by dedup key: triggered, acknowledged or resolved;
    `paged` has the summary of each trigger that opened an incident: others page nobody."""

    def __init__(self, tls: ssl.SSLContext | None = None, keys: tuple[str, ...] = (ROUTING_KEY,)) -> None:
        super().__init__(tls)
        self.keys = set(keys)
        self.events: list[dict[str, Any]] = []
        self.incidents: dict[str, str] = {}
        self.paged: list[str] = []

    @property
    def actions(self) -> list[str]:
        return [event["event_action"] for event in self.events]

    def answer(self, received: Received) -> Reply:
        if received.path != "/v2/enqueue" or received.method != "POST":
            return self.refuse(f"{received.method} {received.path}", Reply(404))
        if len(received.body) > MAX_BYTES:
            return self.refuse(f"{len(received.body)} bytes, more than {MAX_BYTES}", Reply(413))
        try:
            event = json.loads(received.body)
        except ValueError:
            return self._invalid(["JSON parse error"])
        if wrong := list(problems(event)):
            return self._invalid(wrong)
        if event["routing_key"] not in self.keys:
            return self._invalid(["Invalid routing key"])
        return self._take(event)

    def _take(self, event: dict[str, Any]) -> Reply:
        key = event.get("dedup_key") or f"generated-{len(self.events)}"
        self.events.append(event)
        state = self.incidents.get(key, "resolved")
        if event["event_action"] == "trigger":
            if state == "resolved":
                self.paged.append(event["payload"]["summary"])
            # A trigger of an incident that is acknowledged leaves it acknowledged.
            self.incidents[key] = "triggered" if state == "resolved" else state
        elif state != "resolved":  # others have no effect, and are answered likewise
            self.incidents[key] = ACTIONS[event["event_action"]]
        return json_reply(202, {"status": "success", "message": "Event processed", "dedup_key": key})

    def _invalid(self, errors: list[str]) -> Reply:
        body = {"status": "invalid event", "message": "Event object is invalid", "errors": errors}
        return self.refuse("; ".join(errors), json_reply(400, body))


def problems(event: Any) -> Iterator[str]:
    """Why PagerDuty would refuse the event."""
    if not isinstance(event, dict):
        yield "Event object is not an object"
        return
    if len(str(event.get("routing_key", ""))) != 32:
        yield "Length of 'routing_key' is incorrect (should be 32 characters)"
    action, key = event.get("event_action"), event.get("dedup_key")
    if action not in ACTIONS:
        yield f"'event_action' is {action!r}. Allowed: {sorted(ACTIONS)}"
    if key is not None and (not isinstance(key, str) or not 1 <= len(key) <= 255):
        yield "'dedup_key' has not 1 to 255 characters"
    if key is None and action in {"acknowledge", "resolve"}:
        yield f"'dedup_key' is missing, which {action} needs"
    if action == "trigger":
        yield from _payload(event.get("payload"))
    for name in ("client", "client_url"):
        if not isinstance(event.get(name, ""), str):
            yield f"'{name}' is no text"
    if unknown := event.keys() - _KEYS:
        yield f"unknown {sorted(unknown)}"  # PagerDuty ignores them, so that they tell nobody anything
    yield from _attached(event, "links", "href", ("https://", "http://"), {"href", "text"})
    yield from _attached(event, "images", "src", ("https://",), {"src", "href", "alt"})


def _attached(
    event: dict[str, Any], name: str, address: str, schemes: tuple[str, ...], keys: set[str]
) -> Iterator[str]:
    """Links and images: lists of objects with an address; images are shown by https only."""
    attached = event.get(name, [])
    if not isinstance(attached, list):
        yield f"'{name}' is no list"
        return
    for each in attached:
        if not isinstance(each, dict) or not str(each.get(address, "")).startswith(schemes):
            yield f"'{name}' has one without a URL as '{address}'"
        elif not each.keys() <= keys or not all(isinstance(value, str) for value in each.values()):
            yield f"'{name}' has one with other keys than texts as {sorted(keys)}"


def _payload(payload: Any) -> Iterator[str]:
    if not isinstance(payload, dict):
        yield "'payload' is missing or blank"
        return
    for name in ("summary", "source"):
        if not isinstance(payload.get(name), str) or not payload[name].strip():
            yield f"'payload.{name}' is missing or blank"
    if len(str(payload.get("summary", ""))) > 1024:
        yield "'payload.summary' has more than 1024 characters"
    if payload.get("severity") not in SEVERITIES:
        yield f"'payload.severity' is {payload.get('severity')!r}. Allowed: {sorted(SEVERITIES)}"
    if "timestamp" in payload and not _TIME.fullmatch(str(payload["timestamp"])):
        yield "'payload.timestamp' is not of ISO 8601"
    yield from _optional(payload)


def _optional(payload: dict[str, Any]) -> Iterator[str]:
    if not isinstance(payload.get("custom_details", {}), dict | str):
        yield "'payload.custom_details' is no object"
    for name in ("component", "group", "class"):
        if not isinstance(payload.get(name, ""), str):
            yield f"'payload.{name}' is no text"
    if unknown := payload.keys() - _PAYLOAD_KEYS:
        yield f"unknown {sorted(unknown)} in 'payload'"
