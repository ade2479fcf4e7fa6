"""Chunked bodies: every way to cut them is the same body, and nothing that could be read in two ways is taken."""

from __future__ import annotations

from itertools import pairwise
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from waitress.buffers import OverflowableBuffer

from opsconsole.web_server.chunked import MAX_LINE, MAX_TRAILERS, ChunkedBody


def fed(*parts: bytes) -> tuple[ChunkedBody, int]:
    """A body that was given the parts, and how many of their bytes it took."""
    body = ChunkedBody(OverflowableBuffer(1_000_000))
    return body, sum(body.received(part) for part in parts)


def encoded(chunks: list[bytes], trailer: bytes = b"") -> bytes:
    return (
        b"".join(b"%X;a=b\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks if chunk) + b"0\r\n" + trailer + b"\r\n"
    )


@given(st.lists(st.binary(max_size=40), max_size=6), st.lists(st.integers(0, 300), max_size=8), st.booleans())
def test_however_packets_cut_it_the_body_is_the_same(chunks: list[bytes], cuts: list[int], trailer: bool) -> None:
    whole = encoded(chunks, b"Checksum: 1\r\n" * trailer)
    ends = sorted({0, len(whole), *(cut for cut in cuts if cut < len(whole))})
    parts = [whole[start:end] for start, end in pairwise(ends)]
    parts[-1] += b"GET / HTTP/1.1"

    body, taken = fed(*parts)

    assert (body.completed, body.error, taken) == (True, None, len(whole))
    assert body.getfile().read() == b"".join(chunks)
    assert len(body) == sum(map(len, chunks))


@pytest.mark.parametrize(
    "wrong",
    [
        b"zz\r\n",
        b"5\n\r\nhello\r\n",
        b"5\nhello\n0\n\n",
        b"5\r\r\nhello",
        b"5 \r\nhello",
        b" 5\r\nhello",
        b"-5\r\nhello",
        b"+5\r\nhello",
        b"0x5\r\nhello",
        b"5_0\r\nhello",
        b"\r\n5\r\nhello",
        b"f" * 17 + b"\r\n",
        b"5\r\nhelloX\r\n",
        b"5\r\nhello5\r\nhello",
        b"5;" + b"x" * MAX_LINE + b"\r\n",
        b"0\r\n" + b"Trailer: 1\r\n" * (MAX_TRAILERS // 10 + 1) + b"\r\n",
    ],
)
def test_what_could_be_read_in_two_ways_is_an_error(wrong: bytes) -> None:
    body, _ = fed(wrong)

    assert body.error is not None
    assert body.error.status == 400
    assert not body.completed


def test_many_small_chunks_are_appended_at_once() -> None:
    buffer = OverflowableBuffer(1_000_000)
    with patch.object(buffer, "append", wraps=buffer.append) as append:
        ChunkedBody(buffer).received(b"1\r\na\r\n" * 5000)

    append.assert_called_once_with(b"a" * 5000)


def test_an_endless_line_is_an_error_before_it_ends() -> None:
    body, _ = fed(*[b"1" * 100] * 11)
    assert body.error is not None
