"""Other services through the library apprise, which answers yes or no and makes its own requests.

The guard of outbound requests does not see these: what holds them to the services' own hosts is apprise_services (docs/
decisions/0018-apprise.md).
"""

from __future__ import annotations

import queue
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from importlib import import_module
from types import MappingProxyType
from typing import Any

from detections.alerts.channels.apprise_services import Service, ServiceRefused, is_loud, open_service, service_of
from detections.alerts.channels.contract import Channel, ChannelField
from detections.alerts.channels.http import SHOWN, cut
from detections.alerts.channels.incident_facts import DUE, KINDS
from detections.alerts.channels.messages import MessageFacts, render
from detections.alerts.channels.notification import DeliveryOutcome, Notification, Rejected, Retry, Sent
from opsconsole.lib.text.secrets import scrub_text

TIMEOUT = timedelta(seconds=15)  # the library's own are for each byte
QUIET = (*KINDS, "acknowledged", "flapping", "merged", "called_off", "summary", "test")
TYPES: Mapping[str, str] = MappingProxyType({"resolved": "success"} | dict.fromkeys(QUIET, "info"))
OPSGENIE_PRIORITIES: Mapping[str, int] = MappingProxyType({"critical": 1, "high": 2, "medium": 3})
OPENING = frozenset({"firing", "severity", "reminder", "expired", "escalation", "handed_over", "responder", "test"})
NOT_OPENED = "Nothing was sent: apprise opens alerts of Opsgenie, but neither changes nor closes them: do it there."
LONGEST = 4000  # bytes of a text: ntfy.sh makes a file of one above 4,096
# Services read mentions, links and commands in texts: a blank without width after these signs makes them text. Some
# link bare domains too, e.g. evil.example: it stands after a dot before letters.
_SIGNS = ("@", "<", "://", "](")
_DOMAIN_DOT = re.compile(r"(?<=\w)\.(?=[^\W\d_]{2})")
_BLANK = "\u200b"


def send(notification: Notification) -> DeliveryOutcome:
    """One message. What the library logged is the answer, since it gives no other."""
    facts = notification.facts
    try:
        service, plugin = open_service(notification.values.get("url", ""))
    except ServiceRefused as refused:
        return Rejected(str(refused))
    kind = facts.get("kind", "firing")
    if service.label == "Opsgenie":
        if kind not in OPENING and not (kind == DUE and facts.get("actor")):  # a reminder of the console opens none
            return Sent(NOT_OPENED)
        _open_alert(plugin, notification)
    answers: queue.SimpleQueue[DeliveryOutcome] = queue.SimpleQueue()
    # A thread of its own that nobody waits for at the end of the process: a receiver may drip for hours.
    threading.Thread(target=_answer, args=(service, plugin, facts, answers), daemon=True).start()
    try:
        return answers.get(timeout=TIMEOUT.total_seconds())
    except queue.Empty:
        return Retry(f"{service.label} gave no answer within {TIMEOUT.total_seconds():g} s; it may have been sent.")


def check(values: Mapping[str, str]) -> dict[str, str]:
    """A URL of one of the services."""
    if not values.get("url"):
        return {"url": "Enter the URL of a service, as docs/channels/apprise.md lists them."}
    try:
        open_service(values["url"])
    except ServiceRefused as refused:
        return {"url": str(refused)}
    return {}


def pages(values: Mapping[str, str]) -> bool:
    """Opsgenie does, and a service that is to be loud: whose URL asks for a priority above the normal one."""
    url = values.get("url", "")
    try:
        return service_of(url).label == "Opsgenie" or is_loud(url)
    except ServiceRefused:
        return False


def neutral(text: str) -> str:
    """The text without what a service would read as a mention or a link."""
    for sign in _SIGNS:
        text = text.replace(sign, sign + _BLANK)
    return _DOMAIN_DOT.sub("." + _BLANK, text)


def body_of(facts: MessageFacts) -> str:
    """The link first, since services cut long texts at their end."""
    blocks = ["\n".join(neutral(str(row)) for row in block) for block in render(facts).blocks]
    text = "\n\n".join(filter(None, [facts.get("url", ""), *blocks]))
    return text if len(text.encode()) <= LONGEST else f"{text.encode()[:LONGEST].decode(errors='ignore')}…"


def _open_alert(plugin: Any, notification: Notification) -> None:
    """An alert by the key of the episode, so that a second attempt opens no other; what pages again opens another."""
    kind, severity = notification.facts.get("kind", "firing"), notification.facts.get("severity", "")
    plugin.action = "new"
    plugin.alias = notification.key if kind == "firing" else f"{notification.key}-{notification.delivery}"
    plugin.priority = OPSGENIE_PRIORITIES.get(severity, 5)


def _answer(service: Service, plugin: Any, facts: MessageFacts, answers: queue.SimpleQueue[DeliveryOutcome]) -> None:
    """Gives exactly one outcome, whatever happens."""
    try:
        with _unobserved():
            answers.put(_sent(service, plugin, facts))
    except Exception as error:  # a bug in the library: the message is tried again
        answers.put(Retry(f"apprise raised {type(error).__name__}."))


@contextmanager
def _unobserved() -> Iterator[None]:
    """Here sentry-sdk, where it is loaded, notes neither requests, whose paths are secrets, nor lines of the log."""
    sdk = sys.modules.get("sentry_sdk")
    if sdk is None:
        yield
        return
    with sdk.isolation_scope(), sdk.new_scope() as scope:
        scope.set_client(sdk.Client(default_integrations=False, auto_enabling_integrations=False))
        yield


def _sent(service: Service, plugin: Any, facts: MessageFacts) -> DeliveryOutcome:
    apprise = import_module("apprise")
    kind = facts.get("kind", "firing")
    every = apprise.Apprise(asset=plugin.asset)
    every.add(plugin)
    result = every.notify(
        title=neutral(render(facts).headline),
        body=body_of(facts),
        notify_type=TYPES.get(kind, "failure" if facts.get("severity") == "critical" else "warning"),
        body_format=apprise.NotifyFormat.TEXT,
    )
    if result:
        opened = kind == "test" and service.label == "Opsgenie"
        return Sent(f"{service.label} took it.{' Close the alert there.' if opened else ''}")
    said = " ".join(str(entry.message) for entry in result.logs())
    return Retry(f"{service.label}: {scrub_text(cut(' '.join(said.split()), SHOWN)) or 'it was not sent'}")


CHANNEL = Channel(
    "apprise",
    "Other service (apprise)",
    "Discord, Google Chat, ntfy.sh, Opsgenie, Prowl, Pushbullet, Pushover, Telegram or Webex: one URL names the "
    "service and its secret, e.g. tgram://bot-token/chat-id. docs/channels/apprise.md lists them.",
    send,
    (ChannelField("url", "URL", "In the form of the library apprise: docs/channels/apprise.md.", secret=True),),
    check,
    pages=pages,
)
