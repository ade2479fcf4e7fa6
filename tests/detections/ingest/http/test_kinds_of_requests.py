"""What comes to the addresses of events without being one: reports of browsers, transactions, Sentry's own API."""

from __future__ import annotations

import json
from ipaddress import ip_network
from typing import Any

import pytest

from detections.ingest.digest import digest_batch
from detections.ingest.models import Inbox, Quarantined
from detections.telemetry.bodies import unpack
from detections.telemetry.count_models import Discard
from detections.telemetry.models import Event, Issue, Project
from opsconsole.lib import clock
from opsconsole.lib.redis import client
from opsconsole.wsgi import application
from tests.cases.events import case
from tests.detections.builders import envelope, event, key, project
from tests.detections.http import call, post

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def raptor() -> Project:
    return project()


def discards() -> list[Any]:
    application.stop()
    return list(Discard.objects.order_by("reason").values_list("reason", "category", "n"))


def reported(of: Project, *names: str) -> None:
    for name in names:
        assert post(of, json.dumps(case(name)).encode(), "security").status == 200
    digest_batch(clock.now())
    assert not Quarantined.objects.exists()


def test_each_report_of_a_batch_is_an_event(raptor: Project) -> None:
    reported(raptor, "06-reporting-api-batch", "06b-reporting-api-mixed")

    assert sorted(Event.objects.values_list("message", flat=True)) == [
        "Blocked 'img-src' from 'one.example'",
        "Blocked 'img-src' from 'three.example'",
        "Blocked 'script-src-elem' from 'two.example'",
        "Blocked 'style-src-elem' from 'inline'",
        "Deprecated: old",
    ]
    assert Issue.objects.count() == 5
    assert set(Event.objects.values_list("series__kind", flat=True)) == {"message"}


def test_reports_of_one_host_are_one_issue(raptor: Project) -> None:
    reported(raptor, "07a-csp-same-host", "07b-csp-same-host")

    assert Issue.objects.get().title == "Blocked 'img-src' from 'cdn.example'"
    assert Issue.objects.get().events == 2


def test_no_report_of_a_browser_is_refused(raptor: Project) -> None:
    reported(raptor, "08-expect-ct", "08b-hpkp", "08c-nel")
    unknown = [{"type": "network-error", "body": {"type": "ok"}}, {"type": "new", "body": {}}]
    for address in ("security", "csp-report", "nel"):
        assert post(raptor, json.dumps(unknown).encode(), address).status == 200

    assert Event.objects.count() == 3
    assert not Inbox.objects.exists()
    assert discards() == [("unused:security_report", "security", 6)]


def test_reports_have_the_environment_of_their_address(raptor: Project) -> None:
    path = f"/api/{raptor.pk}/security/?sentry_key={key(raptor)}&sentry_environment=prod&sentry_release=shop%402"
    assert call(path, json.dumps(case("07a-csp-same-host")).encode()).status == 200
    digest_batch(clock.now())

    stored = Event.objects.get()
    assert (stored.project_environment.name, stored.release) == ("prod", "shop@2")


def test_a_transaction_is_no_error_wherever_it_is_sent(raptor: Project) -> None:
    transaction = case("02-transaction-to-store")
    store = post(raptor, json.dumps(transaction).encode(), "store")
    assert store.status == 200
    assert store.headers["X-Sentry-Rate-Limits"] == "60:transaction:organization:unused"
    assert post(raptor, envelope(("event", transaction))).status == 200
    assert post(raptor, envelope(("transaction", transaction))).status == 200
    assert post(raptor, envelope(("event", transaction), ("event", event()))).status == 200
    assert post(raptor, json.dumps({"type": "feedback"}).encode(), "store").status == 200
    digest_batch(clock.now())

    assert Event.objects.get().exception_type == "RuntimeError"
    assert discards() == [("unused:feedback", "feedback", 1), ("unused:transaction", "transaction", 4)]


@pytest.mark.parametrize("kind", ["error", "default", "csp", "new", 7, None])
def test_other_types_of_payloads_are_events(raptor: Project, kind: Any) -> None:
    assert post(raptor, json.dumps(event(type=kind)).encode(), "store").status == 200
    assert Inbox.objects.count() == 1


def test_a_quota_counts_the_events_of_a_batch(raptor: Project) -> None:
    client().flushdb()
    Project.objects.update(events_per_minute_limit=2)
    batch = json.dumps(case("06-reporting-api-batch")).encode()

    assert post(raptor, batch, "security").status == 429
    assert discards() == [("quota", "error", 3)]


def test_the_address_of_a_browser_is_its_own_behind_a_trusted_proxy(raptor: Project, settings: Any) -> None:
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/8")]
    body = json.dumps(case("09-user-ip-auto")).encode()
    ways: list[dict[str, str]] = [
        {"REMOTE_ADDR": "203.0.113.7"},
        {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "192.0.2.9, 203.0.113.8"},
        {"REMOTE_ADDR": "::ffff:203.0.113.7"},
        {"REMOTE_ADDR": "203.0.113.9", "HTTP_X_FORWARDED_FOR": "192.0.2.9"},  # a proxy that is not trusted
        {},
    ]
    for environ in ways:
        assert post(raptor, body, "store", **environ).status == 200
    digest_batch(clock.now())

    users = [(unpack(stored.body) or {}).get("user") for stored in Event.objects.order_by("pk")]
    addresses = ["203.0.113.7", "203.0.113.8", "203.0.113.7", None, None]
    assert users == [{"ip_address": address} if address else None for address in addresses]
    assert Issue.objects.get().users == 2


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
@pytest.mark.parametrize(
    "path", ["/api/0/", "/api/0/organizations/x/releases/", "/api/0/projects/x/y/releases/1.0/deploys"]
)
def test_what_sentry_cli_asks_is_refused_in_json(path: str, method: str) -> None:
    answer = call(path, b'{"version": "1.0"}', method, HTTP_AUTHORIZATION="Bearer x", CONTENT_TYPE="application/json")

    assert answer.status == 400
    assert answer.headers["Content-Type"] == "application/json"
    assert "/api/v1/" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/api/1/minidump/", "/api/1/events/x/attachments/", "/api/7/cron/nightly/"])
def test_other_addresses_of_the_protocol_are_refused_in_json(path: str) -> None:
    answer = call(path, b"x")

    assert answer.status == 404
    assert "envelope/" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("names", "titles"),
    [
        (("01-log-parameters",), ["order 17 of anna failed"]),
        (("03a-event-without-text", "03b-event-without-text"), ["/reports/a/", "/reports/b/"]),
        (("15a-key-value", "15b-key-value"), None),
        (("24-fingerprint-variables", "24b-fingerprint-variables"), ["KeyError: k", "ValueError: v"]),
        (("25a-checksum", "25b-checksum"), None),
        (("31a-multiline-message", "31b-multiline-message"), None),
        (("33-csp-interface",), ["Blocked 'style-src' from 'cdn.example'"]),
    ],
)
def test_the_events_that_were_read_wrongly(raptor: Project, names: tuple[str, ...], titles: list[str] | None) -> None:
    assert post(raptor, envelope(*(("event", case(name)) for name in names))).status == 200
    digest_batch(clock.now())

    found = sorted(Issue.objects.values_list("title", flat=True))
    assert len(found) == (len(titles) if titles else 1 if names[0].startswith(("15", "25")) else 2)
    assert titles is None or found == titles
