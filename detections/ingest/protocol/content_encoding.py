"""Decodes Content-Encoding none, gzip, deflate (zlib and raw), br and zstd, with a limit while decompressing (pure)."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import brotli
import zstandard
from isal import isal_zlib

from detections.ingest.protocol.errors import Refused

ALLOWED = "allowed: none, gzip, deflate, br, zstd"
# Bytes of input per step of zstd: four bytes may expand to a block of 128 KiB, so that a step stays under 8 MiB.
ZSTD_STEP = 256
# Sentry's SDKs use windows of at most 2 MiB; with a larger limit the sender would choose how much memory is used.
ZSTD_WINDOW = 8 * 1024 * 1024
# isal's types call its class of errors an instance of one.
_INVALID = (cast("type[Exception]", isal_zlib.error), brotli.error, zstandard.ZstdError)


def decode(body: bytes, encoding: str, limit: int) -> bytes:
    """The body without its content encoding, at most `limit` bytes.

    Raises Refused: 415 for another encoding, 413 when the result would be longer than `limit` (at most one step is
    decompressed beyond it), 400 when the body does not match its encoding or is cut short.
    """
    name = encoding.strip().lower()
    if name in {"", "identity"}:
        return _bounded(body, limit)
    decoder = _DECODERS.get(name)
    if decoder is None:
        raise Refused(415, "The content encoding is not supported.", ALLOWED)
    try:
        return decoder(body, limit)
    except _INVALID:
        raise Refused(400, f"The body is not valid {name}.", "content-encoding") from None


def beginning(part: bytes, encoding: str, size: int) -> bytes:
    """The first `size` bytes (at most a step more) of a body, given a part of it; fewer where the part yields fewer.

    Raises Refused as `decode`, except 413.
    """
    name = encoding.strip().lower()
    if name in {"", "identity"}:
        return part[:size]
    decoder = _BEGINNINGS.get(name)
    if decoder is None:
        raise Refused(415, "The content encoding is not supported.", ALLOWED)
    try:
        return decoder(part, size)
    except _INVALID:
        raise Refused(400, f"The body is not valid {name}.", "content-encoding") from None


def too_large(limit: int, what: str = "body after decompression") -> Refused:
    """The refusal (413) of something longer than `limit` bytes."""
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
    stream = isal_zlib.decompressobj(window_bits)
    out = _bounded(stream.decompress(data, limit + 1), limit)
    return _whole(out, stream.eof, name)


def _gzip(data: bytes, limit: int) -> bytes:
    return _zlib(data, limit, 16 + isal_zlib.MAX_WBITS, "gzip")


def _deflate(data: bytes, limit: int) -> bytes:
    return _zlib(data, limit, _window(data), "deflate")


def _window(data: bytes) -> int:
    """Window bits for zlib's framing where its header is valid (RFC 1950), else for a raw stream (some clients)."""
    framed = len(data) >= 2 and data[0] & 0x0F == 8 and (data[0] << 8 | data[1]) % 31 == 0
    return isal_zlib.MAX_WBITS if framed else -isal_zlib.MAX_WBITS


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
    result = b""
    for start in range(0, len(part), ZSTD_STEP):
        result += stream.decompress(part[start : start + ZSTD_STEP])
        if stream.eof or len(result) >= size:
            break
    return result


def _gzip_beginning(part: bytes, size: int) -> bytes:
    return isal_zlib.decompressobj(16 + isal_zlib.MAX_WBITS).decompress(part, size)


_BEGINNINGS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gzip_beginning,
    "x-gzip": _gzip_beginning,
    "deflate": lambda part, size: isal_zlib.decompressobj(_window(part)).decompress(part, size),
    "br": lambda part, size: brotli.Decompressor().process(part, output_buffer_limit=size),
    "zstd": _zstd_beginning,
}
