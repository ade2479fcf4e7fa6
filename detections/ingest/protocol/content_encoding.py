"""Content-Encoding: none, gzip, deflate (zlib and raw), br, zstd; bounded while decompressing (pure)."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import brotli
import zstandard

from detections.ingest.protocol.errors import Refused

ALLOWED = "allowed: none, gzip, deflate, br, zstd"
# Input handed to zstd at once: four bytes of it may mean a 128 KiB block, so that a step stays under 8 MiB.
ZSTD_STEP = 256
# Sentry's SDKs use 2 MiB windows and smaller; a larger window would be memory that the sender chooses.
ZSTD_WINDOW = 8 * 1024 * 1024


def decode(body: bytes, encoding: str, limit: int) -> bytes:
    """The body without its content encoding, at most `limit` bytes.

    Raises Refused: 415 for an encoding not listed above, 413 when the result would be longer than `limit` (found
    without producing more than a step beyond it), 400 when the body is not what its encoding says or is cut short.
    """
    name = encoding.strip().lower()
    if name in {"", "identity"}:
        return _bounded(body, limit)
    decoder = _DECODERS.get(name)
    if decoder is None:
        raise Refused(415, "The content encoding is not supported.", ALLOWED)
    try:
        return decoder(body, limit)
    except (zlib.error, brotli.error, zstandard.ZstdError):
        raise Refused(400, f"The body is not valid {name}.", "content-encoding") from None


def beginning(part: bytes, encoding: str, size: int) -> bytes:
    """The first `size` bytes (or a step more) of a body of which only a part is there; fewer where that gives fewer.

    Raises Refused as `decode`, apart from 413.
    """
    name = encoding.strip().lower()
    if name in {"", "identity"}:
        return part[:size]
    decoder = _BEGINNINGS.get(name)
    if decoder is None:
        raise Refused(415, "The content encoding is not supported.", ALLOWED)
    try:
        return decoder(part, size)
    except (zlib.error, brotli.error, zstandard.ZstdError):
        raise Refused(400, f"The body is not valid {name}.", "content-encoding") from None


def too_large(limit: int, what: str = "body after decompression") -> Refused:
    return Refused(413, f"The {what} is too large.", f"allowed: {limit} bytes")


def _bounded(data: bytes, limit: int) -> bytes:
    if len(data) > limit:
        raise too_large(limit)
    return data


def _whole(data: bytes, finished: bool, name: str) -> bytes:
    if not finished:
        raise Refused(400, f"The {name} body is cut short.", "content-encoding")
    return data


def _zlib(data: bytes, limit: int, window_bits: int, name: str) -> bytes:
    stream = zlib.decompressobj(window_bits)
    out = _bounded(stream.decompress(data, limit + 1), limit)
    return _whole(out, stream.eof, name)


def _gzip(data: bytes, limit: int) -> bytes:
    return _zlib(data, limit, 16 + zlib.MAX_WBITS, "gzip")


def _deflate(data: bytes, limit: int) -> bytes:
    return _zlib(data, limit, _window(data), "deflate")


def _window(data: bytes) -> int:
    """zlib's framing where its header checks out (RFC 1950), else a raw stream, which some clients send."""
    framed = len(data) >= 2 and data[0] & 0x0F == 8 and (data[0] << 8 | data[1]) % 31 == 0
    return zlib.MAX_WBITS if framed else -zlib.MAX_WBITS


def _brotli(data: bytes, limit: int) -> bytes:
    stream = brotli.Decompressor()
    parts = [stream.process(data, output_buffer_limit=limit + 1)]
    size = len(parts[0])
    while not stream.is_finished() and size <= limit:
        part = stream.process(b"", output_buffer_limit=limit + 1 - size)
        if not part:
            break
        parts.append(part)
        size += len(part)
    return _whole(_bounded(b"".join(parts), limit), stream.is_finished(), "br")


def _zstd(data: bytes, limit: int) -> bytes:
    stream = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW).decompressobj()
    parts: list[bytes] = []
    size = 0
    for start in range(0, len(data), ZSTD_STEP):
        part = stream.decompress(data[start : start + ZSTD_STEP])
        size += len(part)
        if size > limit:
            raise too_large(limit)
        parts.append(part)
        if stream.eof:
            break
    return _whole(b"".join(parts), stream.eof, "zstd")


_DECODERS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}


def _zstd_beginning(part: bytes, size: int) -> bytes:
    stream = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW).decompressobj()
    found = b""
    for start in range(0, len(part), ZSTD_STEP):
        found += stream.decompress(part[start : start + ZSTD_STEP])
        if stream.eof or len(found) >= size:
            break
    return found


def _gzip_beginning(part: bytes, size: int) -> bytes:
    return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(part, size)


_BEGINNINGS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gzip_beginning,
    "x-gzip": _gzip_beginning,
    "deflate": lambda part, size: zlib.decompressobj(_window(part)).decompress(part, size),
    "br": lambda part, size: brotli.Decompressor().process(part, output_buffer_limit=size),
    "zstd": _zstd_beginning,
}
