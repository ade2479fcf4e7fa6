"""Bodies of requests: encodings, sizes, lengths, and how much of one is read without a right key."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from typing import Any
from uuid import uuid4

import brotli
import pytest
import zstandard
from django.conf import settings

from detections.ingest.digest import digest_batch
from detections.ingest.http.wsgi import HEAD
from detections.ingest.models import Inbox
from detections.ingest.protocol.errors import Refused
from detections.telemetry.models import Event, Project
from opsconsole.lib import clock
from opsconsole.wsgi import application
from tests.detections.builders import envelope, event, key, project
from tests.detections.http import call, post

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def raptor() -> Project:
    return project()


def raw_deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(data) + stream.flush()


ENCODINGS: dict[str, Any] = {
    "gzip": ("gzip", gzip.compress),
    "zlib": ("deflate", zlib.compress),
    "raw deflate": ("deflate", raw_deflate),
    "br": ("br", brotli.compress),
    "zstd": ("zstd", zstandard.ZstdCompressor().compress),
    "none": ("", bytes),
}


@pytest.mark.parametrize("name", ENCODINGS)
def test_every_encoding_is_accepted_and_digested(raptor: Project, name: str) -> None:
    encoding, compress = ENCODINGS[name]
    sent = uuid4()
    body = envelope(("event", event(event_id=sent.hex)))

    answer = post(raptor, compress(body), HTTP_CONTENT_ENCODING=encoding)

    assert (answer.status, answer.json()) == (200, {"id": sent.hex})
    digest_batch(clock.now())
    assert Event.objects.get().event_id == sent


@pytest.mark.parametrize("name", [name for name in ENCODINGS if name != "none"])
def test_a_bomb_in_any_encoding_is_refused(raptor: Project, name: str) -> None:
    encoding, compress = ENCODINGS[name]
    bomb = compress(b'{}\n{"type":"event"}\n{"a":"' + b"a" * (settings.INGEST_MAX_ENVELOPE + 1) + b'"}')
    assert len(bomb) < 30_000

    answer = post(raptor, bomb, HTTP_CONTENT_ENCODING=encoding)

    assert answer.status == 413
    assert answer.json()["causes"] == [f"allowed: {settings.INGEST_MAX_ENVELOPE} bytes"]
    assert not Inbox.objects.exists()
    assert post(raptor, envelope(("event", event()))).status == 200


@pytest.mark.parametrize("name", [name for name in ENCODINGS if name != "none"])
def test_a_body_cut_short_or_of_another_encoding_is_refused(raptor: Project, name: str) -> None:
    encoding, compress = ENCODINGS[name]
    whole = compress(envelope(("event", event())))

    for body in (whole[:-5], b"\x00garbage" * 20):
        assert post(raptor, body, HTTP_CONTENT_ENCODING=encoding).status == 400
    assert not Inbox.objects.exists()


def test_an_unknown_encoding_is_named_with_what_is_allowed(raptor: Project) -> None:
    answer = post(raptor, b"x", HTTP_CONTENT_ENCODING="snappy")

    assert answer.status == 415
    assert answer.json() == {
        "detail": "The content encoding is not supported.",
        "causes": ["allowed: none, gzip, deflate, br, zstd"],
    }
    assert answer.headers["X-Sentry-Error"] == answer.json()["detail"]


def test_the_size_that_a_small_body_decodes_to_is_kept(raptor: Project) -> None:
    body = envelope(("event", event(extra={"a": "a" * 1_000_000})))
    packed = brotli.compress(body)
    large = json.dumps(event(extra={"a": "b" * 9_000})).encode()

    assert post(raptor, packed, HTTP_CONTENT_ENCODING="br").status == 200
    assert post(raptor, large, "store").status == 200

    rows = [(row.size, len(row.body)) for row in Inbox.objects.order_by("id")]
    assert rows[0] == (len(body), len(packed))
    assert rows[1][0] == len(large) > rows[1][1]


def test_an_event_over_its_limit_is_refused(raptor: Project) -> None:
    large = event(extra={"a": "a" * settings.INGEST_MAX_EVENT})

    assert post(raptor, envelope(("event", large))).status == 413
    assert post(raptor, json.dumps(large).encode(), "store").status == 413


def test_a_chunked_body_without_length_is_read_to_its_end(raptor: Project) -> None:
    body = envelope(("event", event()))

    chunked: dict[str, Any] = {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    answer = post(raptor, body, **chunked)

    assert answer.status == 200


@pytest.mark.parametrize(
    ("length", "status"), [("5000", 400), ("-1", 400), ("abc", 400), ("99999999999999999999999", 413), ("٣", 400)]
)
def test_a_lying_content_length_is_refused(raptor: Project, length: str, status: int) -> None:
    assert post(raptor, b"{}", CONTENT_LENGTH=length).status == status


def test_a_client_that_breaks_off_is_refused(raptor: Project) -> None:
    class Broken(io.BytesIO):
        def read(self, *args: Any) -> bytes:
            raise ConnectionResetError

    broken: dict[str, Any] = {"wsgi.input": Broken()}
    assert post(raptor, b"{}", **broken).status == 400


class Counting(io.BytesIO):
    """A stream that tells how much of it was read."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(size)
        self.taken += len(found)
        return found


def test_of_a_sender_without_a_right_key_no_more_than_a_header_line_is_read(raptor: Project) -> None:
    body = envelope(("event", event(extra={"a": "a" * 900_000})), dsn=f"https://{'0' * 32}@host/{raptor.pk}")
    for encoding, sent in (("", body), ("gzip", gzip.compress(body + b"\n" * 8_000_000, 1))):
        stream = Counting(sent)
        environ: dict[str, Any] = {"wsgi.input": stream, "HTTP_CONTENT_ENCODING": encoding}

        assert call(f"/api/{raptor.pk}/envelope/", sent, **environ).status == 403
        assert stream.taken <= HEAD


def admitted(path: str, start: bytes = b"", size: int = 500_000, method: str = "POST") -> bool | int:
    """Whether a body of `size` bytes that begins with `start` may come; the status where it is refused."""
    path, _, query = path.partition("?")
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "CONTENT_LENGTH": str(size)}
    try:
        return application.admit(environ | {"wsgi.input": io.BytesIO(start)})
    except Refused as refused:
        return refused.status


def test_a_large_body_comes_only_with_a_right_key(raptor: Project) -> None:
    path, right, wrong = f"/api/{raptor.pk}/envelope/", key(raptor), "0" * 32
    assert admitted(f"{path}?sentry_key={right}") is True
    assert admitted(f"{path}?sentry_key={wrong}") == 403
    assert admitted(f"/api/{raptor.pk}/store/") == 401
    assert admitted("/api/x/store/") == 404
    assert admitted(f"{path}?sentry_key={right}", size=2 * settings.INGEST_MAX_ENVELOPE) == 413
    assert admitted(path, method="PUT") == 405
    assert admitted(path, method="OPTIONS") is True
    assert admitted("/accounts/login/") is True


def test_a_key_in_the_envelope_is_awaited(raptor: Project) -> None:
    path = f"/api/{raptor.pk}/envelope/"
    for dsn_key, outcome in ((key(raptor), True), ("0" * 32, 403)):
        body = envelope(("event", event(extra={"a": "a" * HEAD})), dsn=f"https://{dsn_key}@host/{raptor.pk}")
        assert admitted(path) is False
        assert admitted(path, body[:HEAD]) == outcome
    assert admitted(path, b"{}\n" + b"a" * HEAD) == 401


@pytest.mark.parametrize("kind", ["store", "security"])
def test_where_no_key_can_come_nothing_is_read(raptor: Project, kind: str) -> None:
    stream = Counting(b"{}")
    environ: dict[str, Any] = {"wsgi.input": stream}

    assert call(f"/api/{raptor.pk}/{kind}/", b"{}", **environ).status == 401
    assert post(raptor, b" " * 2 * settings.INGEST_MAX_EVENT, kind, **environ).status == 413
    assert stream.taken == 0


def test_the_body_behind_a_header_line_with_the_key_is_read_on(raptor: Project) -> None:
    """Longer than what is read first, in several reads."""
    noise = uuid4().hex * 10_000
    body = envelope(("event", event(extra={"a": noise})), dsn=f"https://{key(raptor)}@host/{raptor.pk}")

    assert call(f"/api/{raptor.pk}/envelope/", body).status == 200
    assert Inbox.objects.get().size == len(body)
