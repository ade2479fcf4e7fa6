"""What Slack refuses in a message (pure). Limits: https://docs.slack.dev/reference/block-kit/blocks and its pages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

MAX_BLOCKS = 50  # https://docs.slack.dev/reference/block-kit/blocks
MAX_TEXT = 40_000  # https://docs.slack.dev/reference/methods/chat.postMessage: longer ones are cut
# Undocumented: msg_blocks_too_long (https://github.com/slackapi/bolt-js/issues/2509 measured 13,172 to 13,297).
MAX_ALL_BLOCKS = 13_000
MAX_BLOCK_ID = MAX_ACTION_ID = 255
_TEXT_KEYS = {"plain_text": {"type", "text", "emoji"}, "mrkdwn": {"type", "text", "verbatim"}}
_KEYS = {
    "section": {"text", "fields", "accessory", "expand"},
    "header": {"text", "level"},
    "divider": set(),
    "context": {"elements"},
    "actions": {"elements"},
    "image": {"image_url", "alt_text", "title", "slack_file"},
}
_BUTTON_KEYS = {"type", "text", "action_id", "url", "value", "style", "confirm", "accessibility_label"}
# https://docs.slack.dev/messaging/formatting-message-text: &, < and > are control characters.
_LINK = re.compile(
    r"<(?:(?:https?://|mailto:)[^\s<>|]+(?:\|[^<>|]*)?|[@#][A-Z0-9]+(?:\|[^<>|]*)?|!(?P<special>[^<>]+))>"
)
_SPECIAL = re.compile(
    r"here|channel|everyone|subteam\^[A-Z0-9]+(?:\|[^<>|]*)?|date\^\d+\^[^<>^|]+(?:\^[^<>|]+)?\|[^<>|]+"
)
_ENTITY = re.compile(r"&(?!amp;|lt;|gt;)")
_QUOTE = re.compile(r"^>", re.MULTILINE)


def problems(message: dict[str, Any]) -> list[str]:
    """Why Slack would refuse the message, or not show it as it was meant. Empty for a good one."""
    return list(_problems(message))


def mentions(text: str) -> list[str]:
    """The special mentions that notify many people, e.g. `channel`."""
    found = (match["special"] for match in _LINK.finditer(text) if match["special"])
    return [name for name in found if not name.startswith("date^")]


def _problems(message: dict[str, Any]) -> Iterator[str]:
    text, blocks = message.get("text", ""), message.get("blocks") or []
    if not text and not blocks and not message.get("attachments"):
        yield "no_text"
    yield from (f"text: {each}" for each in _string(text, 0, MAX_TEXT))
    if isinstance(text, str):
        yield from (f"text: {each}" for each in unescaped(text))
    if len(blocks) > MAX_BLOCKS:
        yield f"{len(blocks)} blocks, more than {MAX_BLOCKS}"
    for number, block in enumerate(blocks):
        yield from (f"blocks/{number}: {each}" for each in _block(block))
    ids = Counter(block["block_id"] for block in blocks if "block_id" in block)
    yield from (f"block_id {name!r} {count} times" for name, count in ids.items() if count > 1)
    if (length := sum(map(len, _texts(blocks)))) > MAX_ALL_BLOCKS:
        yield f"msg_blocks_too_long: {length} characters in all blocks, more than {MAX_ALL_BLOCKS}"


def _block(block: dict[str, Any]) -> Iterator[str]:
    kind = block.get("type")
    if kind not in _KEYS:
        yield f"type {kind!r} is none of {sorted(_KEYS)}"
        return
    yield from (f"unknown {key!r}" for key in sorted(block.keys() - _KEYS[kind] - {"type", "block_id"}))
    if "block_id" in block:
        yield from _string(block["block_id"], 1, MAX_BLOCK_ID)
    if kind == "section":
        yield from _section(block)
    elif kind == "header":
        yield from _text(block.get("text"), 150, {"plain_text"})
    elif kind in {"context", "actions"}:
        yield from _elements(block.get("elements"), 10 if kind == "context" else 25, kind)
    elif kind == "image":
        yield from _image(block)
        if "title" in block:
            yield from _text(block["title"], 2000, {"plain_text"})


def _section(block: dict[str, Any]) -> Iterator[str]:
    fields = block.get("fields")
    if "text" not in block and not fields:
        yield "neither text nor fields"
    if "text" in block:
        yield from _text(block["text"], 3000)
    if fields is not None and not 1 <= len(fields) <= 10:
        yield f"{len(fields)} fields. Allowed: 1 to 10"
    for number, each in enumerate(fields or []):
        yield from (f"fields/{number}: {why}" for why in _text(each, 2000))
    if "accessory" in block:
        yield from (f"accessory: {why}" for why in _element(block["accessory"], {"button", "image"}))


def _elements(elements: Any, most: int, kind: str) -> Iterator[str]:
    if not isinstance(elements, list) or not 1 <= len(elements) <= most:
        yield f"{len(elements or [])} elements. Allowed: 1 to {most}"
        return
    allowed = {"plain_text", "mrkdwn", "image"} if kind == "context" else {"button"}
    for number, element in enumerate(elements):
        yield from (f"elements/{number}: {why}" for why in _element(element, allowed))
    ids = Counter(element["action_id"] for element in elements if "action_id" in element)
    yield from (f"action_id {name!r} {count} times" for name, count in ids.items() if count > 1)


def _element(element: dict[str, Any], allowed: set[str]) -> Iterator[str]:
    kind = element.get("type")
    if kind not in allowed:
        yield f"type {kind!r} is none of {sorted(allowed)}"
    elif kind == "button":
        yield from _button(element)
    elif kind == "image":
        yield from _image(element)
    else:
        yield from _text(element, 3000)


def _button(button: dict[str, Any]) -> Iterator[str]:
    """https://docs.slack.dev/reference/block-kit/block-elements/button-element"""
    yield from (f"unknown {key!r}" for key in sorted(button.keys() - _BUTTON_KEYS))
    yield from _text(button.get("text"), 75, {"plain_text"})
    for key, most in {"action_id": MAX_ACTION_ID, "url": 3000, "value": 2000, "accessibility_label": 75}.items():
        if key in button:
            yield from (f"{key}: {why}" for why in _string(button[key], 1, most))
    if "url" in button and not str(button["url"]).startswith(("https://", "http://", "mailto:")):
        yield "url: no URL"
    if button.get("style", "primary") not in {"primary", "danger"}:
        yield f"style {button['style']!r} is neither primary nor danger"


def _image(image: dict[str, Any]) -> Iterator[str]:
    yield from (f"image_url: {why}" for why in _string(image.get("image_url"), 1, 3000))
    yield from (f"alt_text: {why}" for why in _string(image.get("alt_text"), 1, 2000))


def _text(value: Any, most: int, kinds: set[str] | None = None) -> Iterator[str]:
    """https://docs.slack.dev/reference/block-kit/composition-objects/text-object"""
    kind = value.get("type") if isinstance(value, dict) else None
    if kind not in (kinds or _TEXT_KEYS.keys()):
        yield f"text of type {kind!r}. Allowed: {sorted(kinds or _TEXT_KEYS)}"
        return
    yield from (f"unknown {key!r}" for key in sorted(value.keys() - _TEXT_KEYS[kind]))
    yield from _string(value.get("text"), 1, most)
    if kind == "mrkdwn" and isinstance(value.get("text"), str):
        yield from unescaped(value["text"])


def unescaped(text: str) -> Iterator[str]:
    """Control characters of mrkdwn that stand for nothing: text from outside that was not escaped."""
    for match in _LINK.finditer(text):
        if match["special"] and not _SPECIAL.fullmatch(match["special"]):
            yield f"{match[0]!r} is no mention"
    rest = _QUOTE.sub("", _LINK.sub("", text))
    yield from (f"unescaped {sign!r}" for sign in "<>" if sign in rest)
    if _ENTITY.search(rest):
        yield "unescaped '&'"


def _string(value: Any, least: int, most: int) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{value!r} is no text"
    elif not least <= len(value) <= most:
        yield f"{len(value)} characters. Allowed: {least} to {most}"


def _texts(value: Any) -> Iterator[str]:
    """All texts that are shown."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "text" and isinstance(inner, str):
                yield inner
            else:
                yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
