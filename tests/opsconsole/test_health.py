"""Readiness and metrics: bounded while PostgreSQL hangs, consistent, and without details for strangers."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client, override_settings

from detections.ingest.inbox import blocked, insert
from detections.ingest.inbox.group_commit import Flusher
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from opsconsole.lib.db.bounded import within
from tests.waiting import until

TOKEN = "a-token-of-more-than-twenty-characters"
STRANGER = "203.0.113.5"


@pytest.fixture(autouse=True)
def ingest_stores() -> Iterator[None]:
    blocked.forget()
    yield
    blocked.forget()


def ask(path: str = "/readyz", address: str = "127.0.0.1", **headers: str) -> HttpResponse:
    return Client(headers=headers).get(path, REMOTE_ADDR=address)


def body(answer: HttpResponse) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer.content)
    return found


@pytest.mark.django_db
def test_strangers_hear_whether_and_not_why() -> None:
    assert body(ask(address=STRANGER)) == {"status": "ok"}
    blocked.mark()
    answer = ask(address=STRANGER)
    assert (answer.status_code, body(answer)) == (503, {"status": "unavailable"})
    assert body(ask())["reasons"] == ["ingest cannot store events yet"]
    refused = ask("/metrics", STRANGER)
    assert (refused.status_code, b"opsconsole_" in refused.content) == (401, False)
    assert refused["WWW-Authenticate"].startswith("Bearer")
    assert ask("/metrics").status_code == 200


@pytest.mark.django_db
@override_settings(METRICS_TOKEN=TOKEN, METRICS_NETWORKS=[])
@pytest.mark.parametrize(
    ("sent", "sees"),
    [(f"Bearer {TOKEN}", True), (f"bearer {TOKEN} ", True), (f"Basic {TOKEN}", False), (f"Bearer {TOKEN}x", False)],
)
def test_the_token_opens_the_details(sent: str, sees: bool) -> None:
    assert ("redis" in body(ask(address=STRANGER, Authorization=sent))) is sees
    assert ask("/metrics", STRANGER, Authorization=sent).status_code == (200 if sees else 401)


@pytest.mark.django_db
@override_settings(METRICS_NETWORKS=[ip_network("10.1.2.0/28"), ip_network("fd00::/64")])
@pytest.mark.parametrize(
    ("address", "sees"),
    [("10.1.2.3", True), ("fd00::9", True), ("10.1.2.99", False), ("127.0.0.1", False), ("", False)],
)
def test_trusted_networks_see_the_details(address: str, sees: bool) -> None:
    assert ask("/metrics", address).status_code == (200 if sees else 401)


@pytest.mark.django_db
def test_behind_a_proxy_that_is_not_trusted_nobody_is_from_this_machine() -> None:
    forwarded = {"X-Forwarded-For": STRANGER}
    assert ask("/metrics", **forwarded).status_code == 401
    with override_settings(TRUSTED_PROXIES=[ip_network("127.0.0.1")]):
        assert ask("/metrics", **forwarded).status_code == 401
        assert ask("/metrics", **{"X-Forwarded-For": "127.0.0.2"}).status_code == 200
        assert ask("/metrics", **{"X-Forwarded-For": "unknown"}).status_code == 401
        assert ask("/metrics", **{"X-Forwarded-For": ""}).status_code == 401


SIGNS = (
    *("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Server"),
    *("X-Forwarded", "Forwarded", "Forwarded-For", "Via", "X-Real-IP", "X-Original-Forwarded-For", "X-Scheme"),
    *("CF-Connecting-IP", "CF-Ray", "CDN-Loop", "True-Client-IP", "Fastly-Client-IP", "Client-IP", "X-Client-IP"),
    *("X-Cluster-Client-IP", "DO-Connecting-IP", "Fly-Client-IP", "X-Azure-ClientIP", "X-Amzn-Trace-Id"),
    *("X-Envoy-External-Address", "X-ProxyUser-Ip", "WL-Proxy-Client-IP", "X-Varnish", "X-Cloud-Trace-Context"),
)


@pytest.mark.django_db
@pytest.mark.parametrize("sign", SIGNS)
def test_any_sign_of_a_proxy_ends_trust(sign: str) -> None:
    """Of an undeclared one on this machine, and of a declared one that does not say for whom it asks."""
    for value in (STRANGER, ""):
        assert ask("/metrics", **{sign: value}).status_code == 401
        assert body(ask(**{sign: value})) == {"status": "ok"}
    with override_settings(TRUSTED_PROXIES=[ip_network("127.0.0.1")]):
        assert ask("/metrics", **{sign: "unknown"}).status_code == 401
        assert ask("/metrics", **{sign: "x", "X-Forwarded-For": "127.0.0.2"}).status_code == 200
    with override_settings(METRICS_TOKEN=TOKEN):
        assert ask("/metrics", **{sign: STRANGER, "Authorization": f"Bearer {TOKEN}"}).status_code == 200


@pytest.mark.django_db
def test_what_clients_send_by_themselves_is_no_sign_of_a_proxy() -> None:
    usual = {"User-Agent": "Prometheus/3.5", "X-Prometheus-Scrape-Timeout-Seconds": "10", "Accept-Encoding": "gzip"}
    assert ask("/metrics", **usual, **{"Sec-Fetch-Site": "none", "X-Requested-With": "x"}).status_code == 200


@pytest.mark.django_db
@override_settings(ALLOWED_HOSTS=["*"], PUBLIC_URL="http://ops.example:8000")
@pytest.mark.parametrize(
    ("host", "sees"),
    [
        *((host, True) for host in ("127.0.0.1:8000", "[::1]:8000", "192.0.2.7", "localhost", "LocalHost:8000")),
        *((host, True) for host in ("ops.example", "OPS.example:9", "ops.example.")),
        *((host, False) for host in ("evil.example:8000", "127.0.0.1.evil.example", "localhost.evil.example")),
        *((host, False) for host in ("not-ops.example", "1.ops.example", "console:8000")),
    ],
)
def test_a_foreign_host_sees_no_details(host: str, sees: bool) -> None:
    """DNS rebinding: a page of evil.example, which points to 127.0.0.1 by now, asks from this machine's browser."""
    assert ask("/metrics", Host=host).status_code == (200 if sees else 401)
    assert ("redis" in body(ask(Host=host))) is sees
    with override_settings(METRICS_TOKEN=TOKEN):
        assert ask("/metrics", Host=host, Authorization=f"Bearer {TOKEN}").status_code == 200


@pytest.mark.django_db
@override_settings(ALLOWED_HOSTS=["console", "*"])
def test_a_host_that_is_named_is_not_foreign() -> None:
    assert ask("/metrics", Host="console:8000").status_code == 200


@pytest.mark.django_db
def test_health_reads_no_session() -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("ada"))
    for path in ("/healthz", "/readyz", "/metrics"):
        answer = client.get(path)
        assert (answer.status_code, "sessionid" in str(answer.cookies)) == (200, False)


@pytest.mark.django_db(transaction=True)
def test_a_hung_postgresql_does_not_hang_readiness() -> None:
    """The backend of the web thread is stopped: it holds its connection and answers nothing."""

    def in_another_thread() -> tuple[HttpResponse, HttpResponse]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            backend = cursor.fetchone()[0]
        os.kill(backend, signal.SIGSTOP)
        try:
            while_hung = ask()
        finally:
            os.kill(backend, signal.SIGCONT)
        afterwards = ask()
        connection.close()
        return while_hung, afterwards

    with ThreadPoolExecutor(1) as pool:
        while_hung, afterwards = pool.submit(in_another_thread).result()
    assert while_hung.status_code == 503
    assert body(while_hung) == {
        "status": "unavailable",
        "postgresql": "unreachable",
        "redis": "ok",
        "reasons": ["postgresql does not answer"],
    }
    assert body(afterwards)["postgresql"] == "ok"


@pytest.mark.django_db(transaction=True)
def test_a_server_that_accepts_and_never_answers_does_not_hang_readiness() -> None:
    def in_another_thread(port: int) -> tuple[HttpResponse, HttpResponse]:
        connection.settings_dict = {**connection.settings_dict, "HOST": "127.0.0.1", "PORT": port}
        try:
            return ask(), ask("/metrics")
        finally:
            connection.close()

    with socket.socket() as deaf, ThreadPoolExecutor(1) as pool:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(10)
        ready, metrics = pool.submit(in_another_thread, deaf.getsockname()[1]).result()
    assert (ready.status_code, body(ready)["postgresql"]) == (503, "unreachable")
    assert body(ready)["reasons"] == ["postgresql does not answer"]
    assert metrics.status_code == 503


@pytest.mark.django_db(transaction=True)
def test_a_bound_cuts_a_statement_and_leaves_quick_ones_alone() -> None:
    with within(60), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert connection.get_connection_params()["connect_timeout"] == 5
    with pytest.raises(OperationalError), within(0.05), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(600)")

    def sleeping() -> int:
        with connection.cursor() as cursor:  # another connection
            others = "query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()"
            cursor.execute(f"SELECT count(*) FROM pg_stat_activity WHERE {others}")
            return int(cursor.fetchone()[0])

    until(lambda: not sleeping(), what="PostgreSQL notices that nobody waits")


@pytest.mark.django_db(transaction=True)
def test_it_is_not_ready_before_ingest_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a full disk: reading works all the time, storing does not."""
    full = True
    heartbeat = insert.heartbeat

    def store(now: Any) -> None:
        if full:
            raise OperationalError("could not extend file: No space left on device")
        heartbeat(now)

    monkeypatch.setattr(insert, "heartbeat", store)
    flusher = Flusher(clock.now, lambda: None)
    flusher.start()
    try:
        until(blocked.is_blocked, what="the failure is noticed")
        assert body(ask())["reasons"] == ["ingest cannot store events yet"]
        assert body(ask())["postgresql"] == "ok"
        full = False
        until(lambda: flusher._unreachable_since is None, what="ingest stores again")
        # Another process may not have noticed yet: the mark stays for the time in which it must.
        assert ask().status_code == 503
        until(lambda: ask().status_code == 200, what="it is ready")
        assert not flusher.refuses()
    finally:
        flusher.stop()


def test_marks_live_longer_than_a_tick_of_ingest() -> None:
    from detections.ingest.inbox.group_commit import TICK_SECONDS, WAIT_SECONDS

    assert timedelta(seconds=2 * TICK_SECONDS) < timedelta(seconds=blocked.SECONDS) < timedelta(seconds=WAIT_SECONDS)
