"""Content encodings: what was packed comes out, never more than allowed."""

from __future__ import annotations

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
