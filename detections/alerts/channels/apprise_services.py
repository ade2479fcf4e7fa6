"""The services of apprise that the console takes: each sends to one host that its code names.

Only the modules of these are imported, at the first use: the whole library would take three times the memory, and a
class that is not loaded sends nothing anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

READ_TIMEOUT = CONNECT_TIMEOUT = 5.0  # seconds; the deadline of a message is the channel's
CALM = frozenset({"min", "low", "moderate", "normal", "default"})  # priorities by which no service wakes anybody
_HOST = re.compile(r"\{(?:host|port)\}")


class ServiceRefused(ValueError):
    """The console does not send there. The text says what is wrong and what is allowed, without the URL."""


@dataclass(frozen=True)
class Service:
    """`schemes`: those of its URLs; `options`: what may stand behind the ?; others name files, links or other hosts.
    `check`: what is wrong with a URL's plugin."""

    label: str
    module: str
    plugin: str
    schemes: tuple[str, ...]
    example: str
    options: frozenset[str] = frozenset()
    check: Callable[[Any], str] | None = None

    def plugin_class(self) -> Any:
        """Imports the module: 7 MB and 0.15 s of CPU for the first one."""
        return getattr(import_module(f"apprise.plugins.{self.module}"), self.plugin)


def _ntfy_problem(plugin: Any) -> str:
    """Without a path its URLs name a topic of ntfy.sh, with one a host."""
    if str(plugin.mode) != "cloud":
        return "Only ntfy.sh itself, no other host."
    return "" if plugin.topics else "Name the topic."


def _telegram_problem(plugin: Any) -> str:
    """Without a chat it would ask Telegram who wrote to the bot first."""
    return "" if plugin.targets else "Name the chat."


_ALL = (
    Service(
        "Discord", "discord", "NotifyDiscord", ("discord",), "discord://webhook-id/webhook-token", frozenset({"thread"})
    ),
    Service(
        "Google Chat",
        "google_chat",
        "NotifyGoogleChat",
        ("gchat",),
        "gchat://workspace/key/token",
        frozenset({"thread"}),
    ),
    Service(
        "ntfy.sh", "ntfy", "NotifyNtfy", ("ntfy", "ntfys"), "ntfys://topic", frozenset({"priority"}), _ntfy_problem
    ),
    Service(
        "Opsgenie",
        "opsgenie",
        "NotifyOpsgenie",
        ("opsgenie",),
        "opsgenie://api-key/#team",
        frozenset({"region"}),
    ),
    Service("Prowl", "prowl", "NotifyProwl", ("prowl",), "prowl://api-key", frozenset({"priority"})),
    Service("Pushbullet", "pushbullet", "NotifyPushBullet", ("pbul",), "pbul://access-token"),
    Service(
        "Pushover",
        "pushover",
        "NotifyPushover",
        ("pover",),
        "pover://user-key@api-token",
        frozenset({"priority", "sound"}),
    ),
    Service(
        "Telegram",
        "telegram",
        "NotifyTelegram",
        ("tgram",),
        "tgram://bot-token/chat-id",
        frozenset({"topic", "silent"}),
        _telegram_problem,
    ),
    Service("Webex", "webexteams", "NotifyWebexTeams", ("wxteams", "webex"), "wxteams://webhook-token"),
)
SERVICES: Mapping[str, Service] = MappingProxyType({scheme: service for service in _ALL for scheme in service.schemes})
"""By scheme."""
ALLOWED = ", ".join(f"{service.label} ({service.example})" for service in _ALL)


def open_service(url: str) -> tuple[Service, Any]:
    """The service of a URL and its plugin, which follows no redirect and verifies certificates. Sends nothing.

    Raises ServiceRefused."""
    service = service_of(url)
    plugin = _plugin(service, url)
    if plugin is None:
        raise ServiceRefused(f"The URL lacks a part or has a wrong one. Allowed: {service.example}.")
    problem = service.check(plugin) if service.check else ""
    if len(plugin) > 1:  # where one of them fails, the others would get each further attempt
        problem = "Name one receiver; make a target for each."
    if problem:
        raise ServiceRefused(f"{problem} Allowed: {service.example}.")
    apprise = import_module("apprise")
    plugin.redirects, plugin.verify_certificate = False, True
    plugin.socket_read_timeout, plugin.socket_connect_timeout = READ_TIMEOUT, CONNECT_TIMEOUT
    plugin.overflow_mode = apprise.OverflowMode.TRUNCATE
    if plugin.notify_format == apprise.NotifyFormat.MARKDOWN:  # it would escape the dots of the link too
        plugin.notify_format = apprise.NotifyFormat.TEXT
    return service, plugin


def _plugin(service: Service, url: str) -> Any:
    """None for a URL with a part that is missing or malformed. Raises ServiceRefused for a class that takes hosts."""
    plugin_class = service.plugin_class()
    if service.module != "ntfy" and any(_HOST.search(template) for template in plugin_class.templates):
        raise ServiceRefused(f"{service.label} takes hosts since an update of apprise. Allowed: {ALLOWED}.")
    results = plugin_class.parse_url(url)
    if not results:
        return None
    try:
        return plugin_class(**{**results, "asset": _asset()})
    except Exception as error:
        if isinstance(error, TypeError) or type(error).__module__.startswith("apprise."):
            return None
        raise


def service_of(url: str) -> Service:
    """The service of a URL, by its scheme and without apprise. Raises ServiceRefused."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ServiceRefused(f"The URL cannot be read. Allowed: {ALLOWED}.") from None
    service = SERVICES.get(parts.scheme)
    if service is None:
        raise ServiceRefused(
            f"The URL's scheme is not allowed: only services with a host of their own. Allowed: {ALLOWED}."
        )
    names = {name for name, _ in parse_qsl(url.partition("?")[2].replace(";", "&"), keep_blank_values=True)}
    if names - service.options:
        allowed = f"?{', ?'.join(sorted(service.options))}" if service.options else "nothing"
        raise ServiceRefused(f"Of what stands behind the ? in the URL something is not allowed. Allowed: {allowed}.")
    return service


def is_loud(url: str) -> bool:
    """Whether the URL asks for a priority that may be above the normal one: numbers differ between services."""
    options = parse_qsl(url.partition("?")[2].replace(";", "&"))
    return any(name == "priority" and value.lower() not in CALM for name, value in options)


def _asset() -> Any:
    """No pictures of other hosts, no redirects, no files; no deadline of its own, since that uses shared threads."""
    return import_module("apprise").AppriseAsset(
        app_id="opsconsole",
        app_desc="opsconsole",
        image_url_mask="",
        image_url_logo="",
        http_redirects=False,
        secure_logging=True,
        storage_mode="memory",
        service_timeout=0,
        plugin_paths=None,
    )
