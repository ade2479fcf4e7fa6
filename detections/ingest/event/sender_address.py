"""The address of whoever sent an event, where the event asks for it or counts people by it (pure)."""

from __future__ import annotations

import re
from typing import Any

from detections.ingest.protocol.coerce import Json, mapping

_AUTO = re.compile(r"\s*\{\{\s*auto\s*\}\}\s*", re.IGNORECASE)
# Events of these platforms come from the user's own device, those of others from a server.
_DEVICES = {"javascript", "cocoa", "objc"}
_WHO = ("id", "email", "username", "ip_address")


def with_sender(event: Json, sdk: Any, sender: str) -> tuple[Json, Json]:
    """The normalised event without `{{auto}}`, and the fields by which its user is counted besides its own.

    `{{auto}}` asks for the sender's address: it becomes `request.env.REMOTE_ADDR` where the application knows better,
    else `sender`, else nothing. The same holds where the SDK infers addresses (`settings.infer_ip` is `auto`). Old SDKs
    of devices say nothing: then the address counts the anonymous user, and is not kept. `sdk` is as sent.
    """
    infer = mapping(mapping(sdk).get("settings")).get("infer_ip")
    event, known = _without_auto_env(event, sender)
    user: Json = event.get("user", {})
    asked = _is_auto(user.get("ip_address")) or (infer == "auto" and not user.get("ip_address"))
    if asked:
        user = {**user, "ip_address": known or sender}
        if not user["ip_address"]:
            del user["ip_address"]
        event = {**event, "user": user}
        if not user:
            del event["user"]
        return event, {}
    anonymous = sender and infer != "never" and event.get("platform") in _DEVICES and not any(map(user.get, _WHO))
    return event, {"ip_address": sender} if anonymous else {}


def _is_auto(value: Any) -> bool:
    return isinstance(value, str) and "{{" in value and _AUTO.fullmatch(value) is not None


def _without_auto_env(event: Json, sender: str) -> tuple[Json, str]:
    """The event whose request's REMOTE_ADDR is no `{{auto}}`, and the address that the application gave there."""
    request: Json = event.get("request", {})
    env = request.get("env")
    address = env.get("REMOTE_ADDR") if isinstance(env, dict) else None
    if not isinstance(env, dict) or not _is_auto(address):
        return event, address if isinstance(address, str) else ""
    env = {name: value for name, value in env.items() if name != "REMOTE_ADDR"}
    if sender:
        env["REMOTE_ADDR"] = sender
    request = {**request, "env": env} if env else {name: value for name, value in request.items() if name != "env"}
    event = {**event, "request": request}
    if not request:
        del event["request"]
    return event, ""
