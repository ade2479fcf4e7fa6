"""Content encodings: what was packed comes out, never more than allowed."""

from __future__ import annotations

import contextlib
import gzip
import random
import zlib
from typing import Any

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from detections.ingest.protocol.content_encoding import beginning, decode
from detections.ingest.protocol.errors import Refused


def _raw(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(data) + stream.flush()


PACKERS: list[tuple[str, Any]] = [
    ("", bytes),
    ("identity", bytes),
    ("gzip", gzip.compress),
    ("X-GZIP", gzip.compress),
    ("deflate", zlib.compress),
    ("deflate", _raw),
    ("br", brotli.compress),
    ("zstd", zstandard.ZstdCompressor().compress),
]


@given(data=st.binary(max_size=2000), packer=st.sampled_from(PACKERS), limit=st.integers(0, 2500))
def test_what_was_packed_comes_out_or_is_too_large(data: bytes, packer: tuple[str, Any], limit: int) -> None:
    encoding, pack = packer
    if len(data) <= limit:
        assert decode(pack(data), encoding, limit) == data
    else:
        with pytest.raises(Refused) as refused:
            decode(pack(data), encoding, limit)
        assert refused.value.status == 413


@given(body=st.binary(max_size=300), encoding=st.sampled_from(["gzip", "deflate", "br", "zstd", "lzma", "gzip, br"]))
def test_any_bytes_are_decoded_or_refused(body: bytes, encoding: str) -> None:
    status = 200
    try:
        assert len(decode(body, encoding, 1000)) <= 1000
    except Refused as refused:
        status = refused.status
    assert status in {200, 400, 413, 415}


@pytest.mark.parametrize("cut", [1, 4, 9])
@pytest.mark.parametrize(("encoding", "pack"), PACKERS[2:])
def test_a_stream_cut_short_is_refused(encoding: str, pack: Any, cut: int) -> None:
    packed = pack(bytes(range(256)) * 8)
    with pytest.raises(Refused):
        decode(packed[:-cut], encoding, 10_000)


@given(data=st.binary(max_size=2000), packer=st.sampled_from(PACKERS), size=st.integers(1, 2500))
def test_the_beginning_of_a_body_is_found_without_its_rest(data: bytes, packer: tuple[str, Any], size: int) -> None:
    encoding, pack = packer

    assert beginning(pack(data), encoding, size)[:size] == data[:size]


@pytest.mark.parametrize(("encoding", "pack"), PACKERS)
def test_the_beginning_of_a_long_body_needs_only_its_first_part(encoding: str, pack: Any) -> None:
    data = b'{"dsn": "a"}\n' + random.Random(1).randbytes(500_000)

    assert beginning(pack(data)[:64_000], encoding, 16_385)[:16_385] == data[:16_385]


@given(body=st.binary(max_size=300), encoding=st.sampled_from(["gzip", "deflate", "br", "zstd", "lzma", ""]))
def test_any_bytes_have_a_beginning_or_are_refused(body: bytes, encoding: str) -> None:
    status = 200
    try:
        beginning(body, encoding, 100)
    except Refused as refused:
        status = refused.status
    assert status in {200, 400, 415}


@given(
    data=st.one_of(st.binary(max_size=600), st.binary(min_size=1, max_size=4).map(lambda part: part * 400)),
    level=st.integers(0, 9),
    window=st.sampled_from([*range(-15, -8), *range(9, 16), *range(25, 32)]),
    change=st.one_of(st.none(), st.tuples(st.integers(0, 700), st.integers(1, 255))),
    trailing=st.binary(max_size=5),
)
def test_a_stream_is_read_or_refused_as_by_zlib(
    data: bytes, level: int, window: int, change: tuple[int, int] | None, trailing: bytes
) -> None:
    packer = zlib.compressobj(level, wbits=window)
    packed = bytearray(packer.compress(data) + packer.flush() + trailing)
    if change and change[0] < len(packed):
        packed[change[0]] ^= change[1]
    encoding = "gzip" if window > 15 else "deflate"
    read: bytes | None = None
    with contextlib.suppress(Refused):
        read = decode(bytes(packed), encoding, 10_000)

    assert read == _by_zlib(bytes(packed), encoding)


def _by_zlib(packed: bytes, encoding: str) -> bytes | None:
    framed = len(packed) >= 2 and packed[0] & 0x0F == 8 and (packed[0] << 8 | packed[1]) % 31 == 0
    stream = zlib.decompressobj(31 if encoding == "gzip" else 15 if framed else -15)
    try:
        read = stream.decompress(packed, 10_001)
    except zlib.error:
        return None
    return read if stream.eof and len(read) <= 10_000 else None
