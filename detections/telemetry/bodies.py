"""Event bodies as stored: JSON, zstd-compressed (pure). `ingest.event.normalise` documents the JSON."""

from __future__ import annotations

from typing import Any

import msgspec
import zstandard

# A third of level 3's time for a tenth more bytes, measured on events of 30 KB.
_LEVEL = 1
_LARGEST = 32 * 1024 * 1024


def packer() -> zstandard.ZstdCompressor:
    """What `pack` compresses with, for one thread. Making one takes as long as compressing a small event."""
    return zstandard.ZstdCompressor(level=_LEVEL)


def pack(body: bytes, by: zstandard.ZstdCompressor | None = None) -> bytes:
    """The JSON bytes compressed, as `Event.body` stores them; by one of `packer` where many are."""
    return (by or packer()).compress(body)


def unpack(stored: bytes | memoryview | None) -> dict[str, Any] | None:
    """The event in `Event.body`; None where no body was stored. Raises ValueError when it cannot be decoded."""
    if stored is None:
        return None
    try:
        raw = zstandard.ZstdDecompressor().decompress(bytes(stored), max_output_size=_LARGEST)
        return msgspec.json.decode(raw, type=dict[str, Any])
    except (zstandard.ZstdError, msgspec.DecodeError) as error:
        raise ValueError(f"the stored body cannot be read: {error}") from None
