"""The stand-in for Slack refuses what Slack refuses, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.receivers.block_kit import mentions, problems


def mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def button(**changes: Any) -> dict[str, Any]:
    return {"type": "button", "text": plain("Open"), "url": "https://console.example/alerts/1", **changes}


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": mrkdwn(text)}


GOOD: list[dict[str, Any]] = [
    {"text": "hello"},
    {"text": "x" * 40_000},
    {"text": "a &amp; b &lt;c&gt; <https://a.example/?b=1&c=2|d> <!channel> <@U01ABC> <#C01ABC|ops>\n> quoted"},
    {"text": "<!date^1392734382^{date_num}|2014-02-18> <!subteam^S01ABC> <mailto:a@b.example|Ada>"},
    {"blocks": [section("x" * 3000), section("x" * 3000)]},
    {"text": "x", "blocks": [{"type": "header", "text": plain("<&>" * 50)}]},
    {"text": "x", "blocks": [{"type": "section", "fields": [mrkdwn("x" * 1300)] * 10}]},
    {"text": "x", "blocks": [{"type": "divider"}] * 50},
    {"text": "x", "blocks": [{"type": "context", "elements": [mrkdwn("x")] * 10}]},
    {"text": "x", "blocks": [{"type": "actions", "elements": [button(style="danger", action_id="a" * 255)]}]},
    {"text": "x", "blocks": [{"type": "actions", "elements": [button()] * 25}]},
    {"text": "x", "blocks": [{**section("x"), "accessory": button(), "block_id": "b" * 255}]},
    {"text": "x", "blocks": [{"type": "image", "image_url": "https://a.example/a.png", "alt_text": "chart"}]},
]

BAD: list[tuple[dict[str, Any], str]] = [
    ({}, "no_text"),
    ({"text": ""}, "no_text"),
    ({"text": 7}, "no text"),
    ({"text": "x" * 40_001}, "text: 40001 characters"),
    ({"text": "a & b"}, "text: unescaped '&'"),
    ({"text": "a < b"}, "text: unescaped '<'"),
    ({"text": "a > b"}, "text: unescaped '>'"),
    ({"text": "<b>bold</b>"}, "text: unescaped '<'"),
    ({"text": "<javascript:alert(1)|x>"}, "text: unescaped '<'"),
    ({"text": "<https://a.example/|a<b>"}, "text: unescaped '<'"),
    ({"text": "<!everybody>"}, "is no mention"),
    ({"text": "a &nbsp; b"}, "text: unescaped '&'"),
    ({"text": "x", "blocks": [{"type": "divider"}] * 51}, "51 blocks, more than 50"),
    ({"text": "x", "blocks": [section("x" * 3001)]}, "blocks/0: 3001 characters"),
    ({"text": "x", "blocks": [section("")]}, "blocks/0: 0 characters"),
    ({"text": "x", "blocks": [section("<Foo>")]}, "blocks/0: unescaped '<'"),
    ({"text": "x", "blocks": [section("x" * 2700)] * 5}, "msg_blocks_too_long: 13500"),
    ({"text": "x", "blocks": [{"type": "section"}]}, "neither text nor fields"),
    ({"text": "x", "blocks": [{"type": "section", "fields": [mrkdwn("x")] * 11}]}, "11 fields"),
    ({"text": "x", "blocks": [{"type": "section", "fields": [mrkdwn("x" * 2001)]}]}, "fields/0: 2001 characters"),
    ({"text": "x", "blocks": [{**section("x"), "color": "red"}]}, "unknown 'color'"),
    ({"text": "x", "blocks": [{"type": "header", "text": plain("x" * 151)}]}, "151 characters"),
    ({"text": "x", "blocks": [{"type": "header", "text": mrkdwn("x")}]}, "text of type 'mrkdwn'"),
    ({"text": "x", "blocks": [{"type": "context", "elements": [mrkdwn("x")] * 11}]}, "11 elements"),
    ({"text": "x", "blocks": [{"type": "context", "elements": [button()]}]}, "type 'button' is none of"),
    ({"text": "x", "blocks": [{"type": "actions", "elements": [button()] * 26}]}, "26 elements"),
    ({"text": "x", "blocks": [{"type": "actions", "elements": []}]}, "0 elements"),
    ({"text": "x", "blocks": [{"type": "actions", "elements": [button(action_id="a")] * 2}]}, "action_id 'a' 2 times"),
    ({"text": "x", "blocks": [{"type": "actions", "elements": [button(text=plain("x" * 76))]}]}, "76 characters"),
    ({"text": "x", "blocks": [{"type": "actions", "elements": [button(text=mrkdwn("x"))]}]}, "text of type 'mrkdwn'"),
    ({"text": "x", "blocks": [{"type": "actions", "elements": [button(url="https://" + "x" * 2993)]}]}, "url: 3001"),
    ({"text": "x", "blocks": [{"type": "actions", "elements": [button(url="/alerts/1")]}]}, "url: no URL"),
    ({"text": "x", "blocks": [{"type": "actions", "elements": [button(style="red")]}]}, "neither primary nor danger"),
    ({"text": "x", "blocks": [{"type": "actions", "elements": [button(href="x")]}]}, "unknown 'href'"),
    ({"text": "x", "blocks": [{"type": "table"}]}, "type 'table' is none of"),
    ({"text": "x", "blocks": [{**section("x"), "block_id": "b" * 256}]}, "256 characters"),
    ({"text": "x", "blocks": [{**section("x"), "block_id": "b"}] * 2}, "block_id 'b' 2 times"),
    ({"text": "x", "blocks": [{"type": "image", "image_url": "https://a.example/a.png"}]}, "alt_text: None is no text"),
]


@pytest.mark.parametrize("message", GOOD)
def test_good_messages(message: dict[str, Any]) -> None:
    assert problems(message) == []


@pytest.mark.parametrize(("message", "told"), BAD)
def test_messages_that_slack_refuses(message: dict[str, Any], told: str) -> None:
    assert told in "\n".join(problems(message))


def test_mentions_are_found() -> None:
    assert mentions("<!channel> <!here> &lt;!everyone&gt; <!date^1^{date}|x> <@U1>") == ["channel", "here"]
