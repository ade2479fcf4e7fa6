"""Which requests are understood; what could be read in two ways is refused, and the connection is closed."""

from __future__ import annotations

import pytest

from opsconsole.web_server.listener import adjusted
from opsconsole.web_server.parser import MAX_FIELDS, MAX_FIRST_LINE, StrictParser
from tests.opsconsole.web_server.process import LIMITS, running

POST = b"POST / HTTP/1.1\r\nHost: x\r\n"
HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"

REFUSED: dict[str, tuple[bytes, int]] = {
    "length and chunked": (POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "chunked and length": (POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400),
    "folded": (POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", 400),
    "folded by tab": (POST + b"Transfer-Encoding:\r\n\tchunked\r\n\r\n0\r\n\r\n", 400),
    "any header folded": (POST + b"X-A: 1\r\n b\r\n\r\n", 400),
    "two lengths": (POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400),
    "the same length twice": (POST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400),
    "list of lengths": (POST + b"Content-Length: 5, 5\r\n\r\nhello", 400),
    "signed length": (POST + b"Content-Length: +5\r\n\r\nhello", 400),
    "negative length": (POST + b"Content-Length: -5\r\n\r\nhello", 400),
    "length in hexadecimal": (POST + b"Content-Length: 0x5\r\n\r\nhello", 400),
    "empty length": (POST + b"Content-Length:\r\n\r\nhello", 400),
    "endless length": (POST + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", 413),
    "chunked twice": (POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 501),
    "chunked in two headers": (
        POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "identity first": (POST + b"Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n", 501),
    "not chunked last": (POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", 501),
    "control character in it": (POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", 501),
    "blank before the colon": (POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400),
    "chunked in HTTP/1.0": (b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "bare line feed": (POST + b"X-A: 1\nTransfer-Encoding: chunked\r\n\r\n", 400),
    "bare carriage return": (POST + b"X-A: 1\rTransfer-Encoding: chunked\r\n\r\n", 400),
    "NUL": (POST + b"X-A: \0\r\n\r\n", 400),
    "no colon": (POST + b"X-A\r\n\r\n", 400),
    "line feed in the size of a chunk": (POST + b"Transfer-Encoding: chunked\r\n\r\n5\n\r\nhello\r\n0\r\n\r\n", 400),
    "no host": (b"GET / HTTP/1.1\r\nX-A: 1\r\n\r\n", 400),
    "no host in a form": (b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 400),
    "no host but in the address": (b"GET http://x/ HTTP/1.1\r\n\r\n", 400),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
    "the same host twice": (b"GET / HTTP/1.1\r\nHost: x\r\nhost: x\r\n\r\n", 400),
    "two hosts in HTTP/1.0": (b"GET / HTTP/1.0\r\nHost: x\r\nHost: x\r\n\r\n", 400),
    "no version": (b"GET /\r\n\r\n", 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "blanks in the address": (b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "lower case": (b"get / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", 400),
    "long address": (b"GET /" + b"a" * MAX_FIRST_LINE + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
    "many headers": (POST + b"A: 1\r\n" * MAX_FIELDS + b"\r\n", 431),
    "endless headers": (POST + b"A: " + b"a" * 40_000, 431),
    "large body": (POST + b"Content-Length: %d\r\n\r\n" % (LIMITS.body + 1), 413),
    "large body, asked for": (POST + b"Expect: 100-continue\r\nContent-Length: 999999999\r\n\r\n", 413),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_and_nothing_behind_it_is_a_request(name: str) -> None:
    request, status = REFUSED[name]
    with running() as process:
        client = process.connect(send=request + HIDDEN)
        answer = client.answer()

        assert answer.status == status
        assert answer.headers["Connection"] == "close"
        assert answer.body
        process.until(client.ended)
        assert client.received == b""
        assert process.application.environs == []


def parsed(request: bytes) -> StrictParser:
    parser = StrictParser(adjusted(LIMITS.body))
    head = parser.received(request)
    assert head + parser.received(request[head:]) == len(request)
    return parser


@pytest.mark.parametrize(
    ("fields", "detail", "cause"),
    [
        (b"Content-Length: 5\r\nContent-Length: 6\r\n", "The length of the body is given twice.", "Content-Length"),
        (b"Transfer-Encoding: chunked\r\n" * 2, "The length of the body is given twice.", "Transfer-Encoding"),
        (
            b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            "The length of the body is given twice.",
            "Content-Length, Transfer-Encoding",
        ),
        (b"Host: y\r\n", "The host is given twice.", "Host"),
    ],
)
def test_the_header_that_is_wrong_is_named(fields: bytes, detail: str, cause: str) -> None:
    parser = StrictParser(adjusted(LIMITS.body))
    parser.received(POST + fields + b"\r\n")
    assert (parser.error.detail, list(parser.error.causes)) == (detail, [cause])


def test_http_1_0_needs_no_host() -> None:
    assert parsed(b"GET / HTTP/1.0\r\n\r\n").error is None


def test_blanks_around_a_value_cost_nothing() -> None:
    """With waitress's pattern this one takes half a minute."""
    parser = parsed(b"GET / HTTP/1.1\r\nHost: x\r\nX-A:" + b" " * 31_000 + b"b\t \r\n\r\n")

    assert parser.error is None
    assert parser.headers == {"HOST": "x", "X_A": "b"}


def test_a_first_line_of_digits_costs_nothing() -> None:
    """With waitress's pattern this one takes ten seconds."""
    assert parsed(b"GET a://" + b"1" * 8000 + b" x HTTP/1.1\r\nHost: x\r\n\r\n").error.status == 400
    assert parsed(b"GET a://" + b"1" * 8000 + b" HTTP/1.1\r\nHost: x\r\n\r\n").error is None


@pytest.mark.parametrize("target", [b"/a?b=c", b"http://x/a?b=c"])
def test_both_forms_of_an_address_are_understood(target: bytes) -> None:
    parser = parsed(b"GET " + target + b" HTTP/1.1\r\nHost: x\r\n\r\n")

    assert (parser.command, parser.path, parser.query, parser.version) == ("GET", "/a", "b=c", "1.1")


def test_a_chunked_body_becomes_one_of_known_length() -> None:
    parser = parsed(POST + b"Transfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX: y\r\n\r\n")

    assert parser.completed
    assert parser.headers["CONTENT_LENGTH"] == "5"
    assert parser.get_body_stream().read() == b"abcde"
