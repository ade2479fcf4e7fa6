"""The console's own reporting (seed 002): what is sent, what never is."""

from __future__ import annotations

import pytest

from opsconsole import sentry


def test_health_checks_are_dropped_even_when_they_fail() -> None:
    event = {"level": "error", "request": {"url": "https://ops.example/healthz"}}
    assert sentry.before_send(event, {}) is None


def test_server_errors_are_sent_scrubbed() -> None:
    event = {"level": "error", "request": {"url": "/", "data": {"password": "hunter2"}}}
    assert "hunter2" not in str(sentry.before_send(event, {}))


def test_an_error_inside_ingest_never_reports_itself() -> None:
    frames = [{"module": "opsconsole.wsgi"}, {"module": "detections.ingest.accept"}]
    event = {"level": "error", "exception": {"values": [{"type": "ValueError", "stacktrace": {"frames": frames}}]}}
    assert sentry.before_send(event, {}) is None


def test_one_in_ten_client_errors_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    event = {"level": "warning", "contexts": {"response": {"status_code": 404}}}
    draws = iter([0.05, 0.5])
    monkeypatch.setattr(sentry.random, "random", lambda: next(draws))
    assert sentry.before_send(event, {}) is not None
    assert sentry.before_send(event, {}) is None


def test_breadcrumbs_of_health_checks_are_dropped() -> None:
    crumb = {"category": "httplib", "data": {"url": "http://10.0.0.1/metrics"}}
    assert sentry.before_breadcrumb(crumb, {}) is None
    assert sentry.before_breadcrumb({"category": "query"}, {}) == {"category": "query"}


def test_without_a_dsn_nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SENTRY_DSN", raising=False)
    assert sentry.init_sentry() is False
