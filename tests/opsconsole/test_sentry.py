"""The console's own reporting: what is sent, what never is."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from opsconsole import sentry


def test_health_checks_are_dropped_even_when_they_fail() -> None:
    event = {"level": "error", "request": {"url": "https://ops.example/healthz"}}
    assert sentry.before_send(event, {}) is None


def test_server_errors_are_sent_scrubbed() -> None:
    event = {"level": "error", "request": {"url": "/", "data": {"password": "hunter2"}}}
    assert "hunter2" not in str(sentry.before_send(event, {}))


def test_transactions_are_sent_scrubbed_too() -> None:
    spans = [{"op": "http.client", "description": "GET https://a.example/x?token=hunter2", "data": {"url": "/y"}}]
    event = {"type": "transaction", "transaction": "/x", "spans": spans, "request": {"headers": {"Cookie": "hunter2"}}}
    sent = sentry.before_send_transaction(event, {})
    assert "hunter2" not in str(sent)
    assert sent["spans"][0]["data"] == {"url": "/y"}
    assert sentry.before_send_transaction({"request": {"url": "https://ops.example/healthz"}}, {}) is None


def test_parameters_of_log_messages_are_sent_scrubbed() -> None:
    message = {
        "message": "password of %s is %s",
        "params": ["ada", "hunter2"],
        "formatted": "password of ada is hunter2",
    }
    sent = sentry.before_send({"level": "error", "logentry": message}, {})
    assert sent["logentry"]["params"] == ["ada", "[Filtered]"]
    assert "hunter2" not in str(sent)


def test_an_error_inside_ingest_never_reports_itself() -> None:
    frames = [{"module": "opsconsole.wsgi"}, {"module": "detections.ingest.protocol.accept"}]
    event = {"level": "error", "exception": {"values": [{"type": "ValueError", "stacktrace": {"frames": frames}}]}}
    assert sentry.before_send(event, {}) is None


def test_one_in_ten_client_errors_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    event = {"level": "warning", "contexts": {"response": {"status_code": 404}}}
    draws = iter([0.05, 0.5])
    monkeypatch.setattr(sentry.random, "random", lambda: next(draws))
    assert sentry.before_send(event, {}) is not None
    assert sentry.before_send(event, {}) is None


def test_breadcrumbs_of_requests_by_probes_are_dropped() -> None:
    crumb = {"category": "httplib", "data": {"url": "http://10.0.0.1/health?sig=abc"}}
    assert sentry.before_breadcrumb(crumb, {}) is None
    assert sentry.before_breadcrumb({"category": "query"}, {}) == {"category": "query"}


def test_without_a_dsn_the_sdk_is_not_even_loaded() -> None:
    code = "import django, sys; django.setup(); sys.exit('sentry_sdk' in sys.modules)"
    environment = {k: v for k, v in os.environ.items() if k != "SENTRY_DSN"}
    assert subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0


def test_with_a_dsn_errors_go_there(unused_tcp_dsn: str) -> None:
    code = "import django, sentry_sdk; django.setup(); print(sentry_sdk.get_client().dsn)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"SENTRY_DSN": unused_tcp_dsn},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == unused_tcp_dsn


@pytest.fixture
def unused_tcp_dsn() -> str:
    """Nobody listens there; the client that is made is all that is looked at."""
    return "http://0123456789abcdef0123456789abcdef@127.0.0.1:9/1"
