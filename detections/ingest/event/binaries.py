"""The files that an event's compiled code came from, `debug_meta` (pure)."""

from __future__ import annotations

from typing import Any

from detections.ingest.event.stacktraces import address
from detections.ingest.protocol.coerce import Json, mapping, texts, values, without_empty

# An application of a phone loads some hundred libraries.
MAX_IMAGES = 1000
_TEXTS = (
    ("type", 40),
    ("code_file", 600),
    ("debug_file", 600),
    ("code_id", 100),
    ("debug_id", 100),
    ("uuid", 100),
    ("name", 300),
    ("arch", 40),
    ("checksum", 200),
)
_ADDRESSES = ("image_addr", "image_vmaddr", "image_size")


def debug_meta(value: Any) -> Json:
    """`images` (at most MAX_IMAGES) with ids and addresses, and `sdk_info`; {} where none were sent."""
    if not value:
        return {}
    sent = mapping(value)
    images = [_image(each) for each in values(sent.get("images"))[:MAX_IMAGES]]
    return without_empty({"images": [each for each in images if each], "sdk_info": mapping(sent.get("sdk_info"))})


def _image(sent: Json) -> Json:
    image = texts(sent, _TEXTS)
    return image | {name: address(sent[name]) for name in _ADDRESSES if sent.get(name) is not None}
