"""A Slack: an incoming webhook and the methods of the Web API that post and update messages.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks, https://docs.slack.dev/reference/methods
"""

from __future__ import annotations

import itertools
import json
import ssl
from dataclasses import dataclass, field
from typing import Any

from tests.receivers import block_kit
from tests.receivers.http_receiver import HttpReceiver, Received, Reply, json_reply

HOOK = "/services/T0000TEST/B0000TEST/hunter2hunter2hunter2hun"
TOKEN = "xoxb-test-hunter2"


@dataclass
class SlackMessage:
    """`channel` is an id. `versions` are its bodies, the newest last."""

    channel: str
    ts: str
    thread_ts: str | None
    versions: list[dict[str, Any]] = field(default_factory=list)

    @property
    def body(self) -> dict[str, Any]:
        return self.versions[-1]

    @property
    def text(self) -> str:
        return str(self.body.get("text", ""))

    @property
    def blocks(self) -> list[dict[str, Any]]:
        return list(self.body.get("blocks") or [])

    @property
    def shown(self) -> str:
        """Everything that people read, a line for each text."""
        return "\n".join([self.text, *block_kit._texts(self.blocks)])

    @property
    def mentions(self) -> list[str]:
        return block_kit.mentions(self.shown)


class SlackServer(HttpReceiver):
    """`channels` are those that the bot is a member of, id by name; the webhook's is the first."""

    def __init__(self, tls: ssl.SSLContext | None = None, channels: tuple[str, ...] = ("general",)) -> None:
        super().__init__(tls)
        self.channels = {name: f"C{number:08}" for number, name in enumerate(channels, 1)}
        self.archived: set[str] = set()
        self.messages: list[SlackMessage] = []
        self._numbers = itertools.count(1)

    @property
    def hook(self) -> str:
        return self.url + HOOK

    def in_channel(self, name: str) -> list[SlackMessage]:
        """Those that stand in the channel itself, not in a thread."""
        return [each for each in self.messages if each.channel == self.channels[name] and not each.thread_ts]

    def thread(self, of: SlackMessage) -> list[SlackMessage]:
        return [each for each in self.messages if each.channel == of.channel and each.thread_ts == of.ts]

    def answer(self, received: Received) -> Reply:
        path = received.path.partition("?")[0]
        if path.startswith("/services/"):
            return self._webhook(received)
        method = path.removeprefix("/api/")
        answers = {"auth.test": self._auth_test, "chat.postMessage": self._post, "chat.update": self._update}
        if not path.startswith("/api/") or method not in answers:
            return self._api_error("unknown_method")
        if received.headers.get("authorization") != f"Bearer {TOKEN}":
            return self._api_error("invalid_auth" if "authorization" in received.headers else "not_authed")
        kind = received.headers.get("content-type", "")
        if received.body and kind.partition(";")[0] != "application/json":
            return self._api_error(f"invalid_post_type: {kind}")
        try:
            body = json.loads(received.body or b"{}")
        except ValueError:
            return self._api_error("invalid_json")
        return answers[method](body)

    def _webhook(self, received: Received) -> Reply:
        """https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#handling_errors"""
        if received.path != HOOK:
            return self.refuse("no_service", Reply(404, b"no_service"))
        try:
            body = json.loads(received.body)
        except ValueError:
            return self.refuse("invalid_payload", Reply(400, b"invalid_payload"))
        channel = next(iter(self.channels.values()))
        if channel in self.archived:
            return self.refuse("channel_is_archived", Reply(410, b"channel_is_archived"))
        if "thread_ts" in body or "channel" in body:
            # Slack ignores `channel`; a sender that counts on it reaches the wrong people.
            return self.refuse("a webhook has one channel and no threads", Reply(400, b"invalid_payload"))
        if wrong := block_kit.problems(body):
            return self.refuse("; ".join(wrong), Reply(400, b"no_text" if "no_text" in wrong else b"invalid_blocks"))
        self._keep(channel, None, body)
        return Reply(200, b"ok", {"Content-Type": "text/html"})

    def _auth_test(self, body: dict[str, Any]) -> Reply:
        return json_reply(
            200,
            {
                "ok": True,
                "url": "https://test.slack.com/",
                "team": "Test",
                "user": "opsconsole",
                "team_id": "T0000TEST",
            },
        )

    def _post(self, body: dict[str, Any]) -> Reply:
        named = str(body.get("channel", ""))
        channel = self.channels.get(named.removeprefix("#"), named)
        if channel not in self.channels.values():
            return self._api_error("channel_not_found")
        if channel in self.archived:
            return self._api_error("is_archived")
        thread = body.get("thread_ts")
        if thread and self._find(channel, thread) is None:
            return self._api_error("thread_not_found")
        if wrong := block_kit.problems(body):
            return self._api_error(_name(wrong), wrong)
        return self._sent(self._keep(channel, thread, body))

    def _update(self, body: dict[str, Any]) -> Reply:
        """It takes the id of a channel only."""
        message = self._find(str(body.get("channel")), str(body.get("ts")))
        if body.get("channel") not in self.channels.values():
            return self._api_error("channel_not_found")
        if message is None:
            return self._api_error("message_not_found")
        if wrong := block_kit.problems(body):
            return self._api_error(_name(wrong), wrong)
        message.versions.append(body)
        return self._sent(message)

    def _keep(self, channel: str, thread: str | None, body: dict[str, Any]) -> SlackMessage:
        message = SlackMessage(channel, f"1700000000.{next(self._numbers):06}", thread, [body])
        self.messages.append(message)
        return message

    def _find(self, channel: str, ts: str) -> SlackMessage | None:
        return next((each for each in self.messages if (each.channel, each.ts) == (channel, ts)), None)

    def _sent(self, message: SlackMessage) -> Reply:
        return json_reply(200, {"ok": True, "channel": message.channel, "ts": message.ts, "message": message.body})

    def _api_error(self, error: str, why: list[str] | None = None) -> Reply:
        """The Web API answers 200 to what it refuses."""
        details = {"response_metadata": {"messages": [f"[ERROR] {each}" for each in why]}} if why else {}
        return self.refuse("; ".join(why or [error]), json_reply(200, {"ok": False, "error": error, **details}))


def _name(wrong: list[str]) -> str:
    if "no_text" in wrong:
        return "no_text"
    return "msg_blocks_too_long" if wrong[0].startswith("msg_blocks_too_long") else "invalid_blocks"
