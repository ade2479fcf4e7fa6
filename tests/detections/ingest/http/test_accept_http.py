"""The endpoints as clients meet them: what is accepted, what is refused, and how that is said."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any
from uuid import UUID

import pytest

from detections.ingest.digest import digest_batch
from detections.ingest.models import Inbox, Quarantined
from detections.telemetry.count_models import Coverage, Discard
from detections.telemetry.models import Event, Project
from opsconsole.lib import clock
from opsconsole.lib.redis import client
from opsconsole.wsgi import application
from tests.detections.builders import envelope, event, key, project
from tests.detections.http import call, post

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def raptor() -> Project:
    return project()


class TestKeys:
    def auth(self, raptor: Project, **ways: str) -> int:
        body = envelope(("event", event()), **({"dsn": ways.pop("dsn")} if "dsn" in ways else {}))
        query = ways.pop("query", "")
        return call(f"/api/{raptor.pk}/envelope/{query}", body, **ways).status

    def test_each_way_is_accepted(self, raptor: Project) -> None:
        good = key(raptor)
        header = f"Sentry sentry_version=7, sentry_client=raven-python/6.10, sentry_key={good}, sentry_secret=x"
        assert self.auth(raptor, HTTP_X_SENTRY_AUTH=header) == 200
        assert self.auth(raptor, HTTP_AUTHORIZATION=header) == 200
        assert self.auth(raptor, query=f"?sentry_version=7&sentry_key={good}") == 200
        assert self.auth(raptor, dsn=f"https://{good}@console.example/{raptor.pk}") == 200

    def test_missing_malformed_and_contradicting_keys_are_401(self, raptor: Project) -> None:
        good = key(raptor)
        assert self.auth(raptor) == 401
        assert self.auth(raptor, HTTP_AUTHORIZATION="Bearer abc") == 401
        assert self.auth(raptor, query="?sentry_key=short") == 401
        assert self.auth(raptor, query=f"?sentry_key={good}", HTTP_X_SENTRY_AUTH=f"Sentry sentry_key={'0' * 32}") == 401
        assert self.auth(raptor, query=f"?sentry_key={good}", dsn=f"https://{'0' * 32}@host/{raptor.pk}") == 401
        assert self.auth(raptor, query=f"?sentry_key={good}", dsn=f"https://{good}@host/{raptor.pk + 1}") == 401
        assert self.auth(raptor, dsn="not a dsn") == 401
        assert not Inbox.objects.exists()

    def test_unknown_revoked_disabled_and_foreign_keys_are_403(self, raptor: Project) -> None:
        other = project("other")
        revoked = raptor.keys.create(revoked_at=clock.now())
        disabled = project("disabled", enabled=False)
        assert self.auth(raptor, query=f"?sentry_key={'0' * 32}") == 403
        assert self.auth(raptor, query=f"?sentry_key={revoked.public_key}") == 403
        assert self.auth(raptor, query=f"?sentry_key={key(other)}") == 403
        assert self.auth(disabled, query=f"?sentry_key={key(disabled)}") == 403
        assert call(f"/api/999999/envelope/?sentry_key={key(raptor)}", b"{}").status == 403

    def test_a_wrong_key_does_not_lock_a_right_one_out(self, raptor: Project) -> None:
        assert self.auth(raptor, query=f"?sentry_key={'0' * 32}") == 403
        assert self.auth(raptor, query=f"?sentry_key={key(raptor)}") == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"not json",
        b"{}\n[]",
        b'{}\n{"type":"event","length":-1}\n{}',
        b'{}\n{"type":"event","length":99}\n{}',
        b'{}\n{"type":"event","length":1}\n{}',
        b'{}\n{"type":"event","length":true}\n{}',
        b'{}\n{"type":"event"}\nnull',
        b'{}\n{"type":"event"}\n[1,2]',
        b'{}\n{"type":"event"}\n"text"',
        b'{}\n{"type":"event"}\n{"a":',
        b'{}\n{"type":"event"}\n' + b"[" * 200_000,
        b'{}\n{"type":"event"}\n' + b'{"a":' * 50_000,
    ],
)
def test_malformed_envelopes_are_400_and_say_where(raptor: Project, body: bytes) -> None:
    answer = post(raptor, body)

    assert answer.status == 400
    assert answer.json()["causes"]
    assert not Inbox.objects.exists()


def test_endless_header_lines_and_items_are_refused(raptor: Project) -> None:
    assert post(raptor, b'{"a":"' + b"a" * 20_000 + b'"}').status == 413
    assert post(raptor, b"{}\n" + b'{"type":"x","length":0}\n\n' * 300).status == 400


REPAIRED: list[bytes] = [
    b'{"a":NaN,"b":-Infinity,"c":1e999}',
    b'{"message":"nul \\u0000 inside"}',
    b'{"message":"raw \x01 control"}',
    b'{"message":"lone \\ud800 surrogate"}',
    b'{"message":"bad \xff utf-8"}',
    b'\xef\xbb\xbf{"message":"byte order mark"}',
    b'{"extra":{"n":' + b"9" * 6000 + b"}}",
    b'{"extra":' + b'{"a":' * 300 + b"1" + b"}" * 300 + b"}",
    b'{"extra":' + b"[" * 300 + b"]" * 300 + b"}",
    b'{"tags":{' + b",".join(b'"t%d":"v"' % n for n in range(10_000)) + b"}}",
    b'{"exception":{"values":[null,{"stacktrace":{"frames":[null,{},[]]}}]}}',
    b'{"request":{"url":"http://[broken","headers":[["a"],null,["b","c"]]}}',
    b'{"transaction":"/a/%00/b","request":{"url":"/x/%ff%00"}}',
]


@pytest.mark.parametrize("payload", REPAIRED)
def test_what_can_be_repaired_is_an_event(raptor: Project, payload: bytes) -> None:
    assert post(raptor, b'{}\n{"type":"event"}\n' + payload).status == 200
    assert post(raptor, payload, "store").status == 200

    digest_batch(clock.now())

    assert Event.objects.count() == 2
    assert not Quarantined.objects.exists()


def test_an_event_without_an_id_gets_one(raptor: Project) -> None:
    answer = post(raptor, envelope(("event", event(event_id="?"))))

    assert Inbox.objects.get().event_id == UUID(answer.json()["id"])


def test_store_takes_plain_json_and_what_old_raven_clients_send(raptor: Project) -> None:
    plain = json.dumps(event()).encode()
    packed = zlib.compress(plain)

    assert post(raptor, plain, "store").status == 200
    assert post(raptor, packed, "store", HTTP_CONTENT_ENCODING="deflate").status == 200
    assert post(raptor, packed, "store").status == 200
    assert post(raptor, base64.b64encode(packed), "store").status == 200
    digest_batch(clock.now())
    assert Event.objects.filter(exception_type="RuntimeError").count() == 4


def test_a_csp_report_is_an_event(raptor: Project) -> None:
    report = {"csp-report": {"effective-directive": "script-src", "blocked-uri": "https://evil.example/x.js"}}

    assert post(raptor, json.dumps(report).encode(), "security").status == 200
    assert post(raptor, b"{}", "security").status == 400
    digest_batch(clock.now())
    assert Event.objects.get().message == "Blocked 'script-src' from 'evil.example'"


def test_what_is_not_kept_is_counted_and_paused(raptor: Project) -> None:
    body = envelope(("event", event()), ("attachment", b"\x00\x01" * 100), ("session", {}), ("new_thing", {}))

    answer = post(raptor, body)

    assert answer.status == 200
    assert answer.headers["X-Sentry-Rate-Limits"] == "60:attachment;session:organization:unused"
    row = Inbox.objects.get()
    assert b"\x00\x01" not in bytes(row.body)
    only_session = post(raptor, envelope(("session", {})))
    assert (only_session.status, Inbox.objects.count()) == (200, 1)
    application.stop()
    counted = Discard.objects.values_list("reason", "category", "n").order_by("reason")
    assert list(counted) == [("unused:attachment", "attachment", 1), ("unused:session", "session", 2)]


def test_a_quota_refuses_with_whole_seconds_and_counts(raptor: Project) -> None:
    client().flushdb()
    Project.objects.update(events_per_minute_limit=2)
    body = envelope(("event", event()))
    answers = [post(raptor, body) for _ in range(2 * 2 + 1)]  # a minute may pass in between

    refused = [answer for answer in answers if answer.status == 429]
    assert refused
    assert len(answers) - len(refused) == Inbox.objects.count() <= 4
    for answer in refused:
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
        assert answer.headers["X-Sentry-Rate-Limits"].endswith(":default;error;security:project:quota")
    assert post(raptor, envelope(("session", {}))).status == 200
    application.stop()
    assert Discard.objects.get(reason="quota").n == len(refused)


def test_the_heartbeat_covers_the_minute() -> None:
    before = clock.floor_minute(clock.now())
    call("/healthz", method="GET")
    application.stop()

    covered = set(Coverage.objects.filter(source="sentry", project=None).values_list("minute", flat=True))
    assert covered
    assert covered <= {before, clock.floor_minute(clock.now())}


def test_browsers_may_send_from_any_page(raptor: Project) -> None:
    page: dict[str, Any] = {"HTTP_ORIGIN": "https://shop.example"}
    preflight = call(f"/api/{raptor.pk}/envelope/", method="OPTIONS", **page)
    refused = call(f"/api/{raptor.pk}/envelope/", b"{}", **page)

    assert preflight.status == 204
    assert "Content-Type" in preflight.headers["Access-Control-Allow-Headers"]
    for answer in (preflight, refused):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Origin" not in call("/healthz", method="GET", **page).headers


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [("/api/abc/envelope/", "POST", 404), ("/api/1/envelope/", "GET", 405), ("/api/1/store", "PUT", 405)],
)
def test_other_addresses_and_methods_are_told_apart(path: str, method: str, status: int) -> None:
    answer = call(path, method=method)

    assert answer.status == status
    assert answer.json()["detail"]


def test_slash_at_the_end_is_optional(raptor: Project) -> None:
    body = json.dumps(event()).encode()
    assert call(f"/api/{raptor.pk}/store?sentry_key={key(raptor)}", body).status == 200


def test_a_project_that_goes_away_does_not_hold_up_the_others(raptor: Project) -> None:
    gone = project("gone")
    body = envelope(("event", event()))
    assert post(gone, body).status == 200
    gone_key, gone_id = key(gone), gone.pk
    Inbox.objects.all().delete()
    gone.delete()

    assert call(f"/api/{gone_id}/envelope/?sentry_key={gone_key}", body).status == 403
    assert post(raptor, body).status == 200
    assert Inbox.objects.count() == 1
