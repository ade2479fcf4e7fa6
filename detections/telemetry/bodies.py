"""Event bodies as stored: JSON, zstd-compressed (pure). The shape of the JSON is told in `ingest.normalise`."""

from __future__ import annotations

from typing import Any

import msgspec
import zstandard

# Level 1: a third of level 3's time for a tenth more bytes, measured on 30 KB events.
_LEVEL = 1
_LARGEST = 32 * 1024 * 1024


def pack(body: bytes) -> bytes:
    """JSON bytes, compressed for `Event.body`."""
    return zstandard.ZstdCompressor(level=_LEVEL).compress(body)


def unpack(stored: bytes | memoryview | None) -> dict[str, Any] | None:
    """The event that `Event.body` holds; None where no body was kept. Raises ValueError when it cannot be read."""
    if stored is None:
        return None
    try:
        raw = zstandard.ZstdDecompressor().decompress(bytes(stored), max_output_size=_LARGEST)
        return msgspec.json.decode(raw, type=dict[str, Any])
    except (zstandard.ZstdError, msgspec.DecodeError) as error:
        raise ValueError(f"the stored body cannot be read: {error}") from None
