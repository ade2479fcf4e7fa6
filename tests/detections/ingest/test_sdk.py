"""The real sentry-sdk against the served application: what it sends arrives, and is what the pages need."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sentry_sdk
from sentry_sdk.integrations.wsgi import SentryWsgiMiddleware

from detections.ingest.digest import digest_batch
from detections.ingest.models import Inbox
from detections.telemetry.bodies import unpack
from detections.telemetry.count_models import Discard
from detections.telemetry.models import Event, Issue, Project
from opsconsole.lib import clock
from opsconsole.wsgi import application
from tests.detections.builders import key, project
from tests.detections.http import served

pytestmark = pytest.mark.django_db(transaction=True)

Init = Callable[..., Any]


@pytest.fixture
def raptor() -> Project:
    return project()


@pytest.fixture
def sdk(raptor: Project) -> Iterator[Init]:
    """Starts the SDK of an application on the served console; ended with the test."""
    with served() as address, sentry_sdk.isolation_scope():
        dsn = f"http://{key(raptor)}@{address}/{raptor.pk}"

        def init(**options: Any) -> None:
            sentry_sdk.init(dsn=dsn, environment="production", release="raptor@1.4.0", **options)

        yield init
        sentry_sdk.get_client().close()
        sentry_sdk.get_global_scope().set_client(None)


def arrived() -> Event:
    sentry_sdk.flush(10)
    digest_batch(clock.now())
    return Event.objects.latest("pk")


def body(of: Event) -> dict[str, Any]:
    return unpack(of.body) or {}


# Made at run time: the SDK also sends the lines of source around an error, where a bare literal is no secret.
SECRET = "".join(["abcdef", "0123456789"])


def verify(token: str) -> None:
    password = token
    headers = {"Authorization": f"Bearer {token}", "attempt": len(password)}
    raise RuntimeError(f"beta_token_verifier: Console returned 403 ({len(headers)})")


@pytest.mark.parametrize("algorithm", ["br", "gzip"])
def test_an_exception(sdk: Init, algorithm: str) -> None:
    sdk(_experiments={"transport_compression_algo": algorithm})
    sentry_sdk.set_user({"id": 7, "email": "ada@example.org"})
    sentry_sdk.set_tag("component", "solver")
    sentry_sdk.add_breadcrumb(category="query", message="SELECT 1", data={"password": SECRET})
    try:
        verify(SECRET)
    except RuntimeError as error:
        sent = sentry_sdk.capture_exception(error)

    event = arrived()

    assert event.event_id.hex == sent
    assert (event.exception_type, event.level, event.handled) == ("RuntimeError", "error", True)
    assert event.message.startswith("beta_token_verifier: Console returned 403")
    assert (event.project_environment.name, event.release) == ("prod", "raptor@1.4.0")
    assert event.tags["component"] == "solver"
    assert event.user_hash is not None
    frames = body(event)["exception"][0]["frames"]
    assert frames[-1]["function"] == "verify"
    assert frames[-1]["vars"]["headers"]["attempt"] == "16"
    assert frames[-1]["vars"]["password"] == "[Filtered]"
    assert Issue.objects.get().culprit.endswith("in verify")
    assert SECRET not in str(body(event))


def test_an_unhandled_error_of_a_request(sdk: Init) -> None:
    sdk()

    def preview(environ: Any, start_response: Any) -> Any:
        verify(SECRET)

    environ = {
        "REQUEST_METHOD": "POST",
        "wsgi.url_scheme": "https",
        "HTTP_HOST": "raptor.example",
        "SERVER_NAME": "raptor.example",
        "SERVER_PORT": "443",
        "PATH_INFO": "/api/beta/preview/synth-scraper-token-001/screen/1",
        "QUERY_STRING": f"token={SECRET}&page=2",
        "HTTP_COOKIE": f"sessionid={SECRET}",
    }
    with pytest.raises(RuntimeError):
        SentryWsgiMiddleware(preview)(environ, lambda *args: lambda _: None)

    event = arrived()

    assert event.handled is False
    assert event.series.label == "POST /api/beta/preview/{token}/screen/1"
    assert event.url == "https://raptor.example/api/beta/preview/synth-scraper-token-001/screen/1"
    assert "page=2" in body(event)["request"]["query_string"]
    assert SECRET not in str(body(event))


def test_messages_and_logged_errors(sdk: Init) -> None:
    sdk()
    sentry_sdk.capture_message("Solver execution took longer than expected", level="warning")
    message = arrived()
    logging.getLogger("beta_preview").error("beta_preview.screen5_post db_error after %s tries", 3)
    logged = arrived()

    assert (message.level, message.series.kind) == ("warning", "message")
    assert (logged.logger, logged.series.kind) == ("beta_preview", "error")
    assert logged.message == "beta_preview.screen5_post db_error after 3 tries"


def test_chained_exceptions_and_groups(sdk: Init) -> None:
    sdk()
    try:
        try:
            verify("t")
        except RuntimeError as error:
            raise ExceptionGroup("several", [ValueError("one"), KeyError("two")]) from error
    except ExceptionGroup as group:
        sentry_sdk.capture_exception(group)

    event = arrived()

    assert event.exception_type == "ExceptionGroup"
    assert {"RuntimeError", "ValueError", "KeyError"} <= {link["type"] for link in body(event)["exception"]}


def test_transactions_and_sessions_are_counted_and_paused(sdk: Init) -> None:
    sdk(traces_sample_rate=1.0)
    with sentry_sdk.start_transaction(name="/a", op="http.server"):
        pass
    sentry_sdk.flush(10)
    application.stop()

    assert not Inbox.objects.exists()
    assert Discard.objects.get(reason="unused:transaction").n == 1
    transport: Any = sentry_sdk.get_client().transport
    assert transport.is_healthy() is False or "transaction" in transport._disabled_until
    sentry_sdk.capture_message("errors still come")
    assert arrived().message == "errors still come"


def test_a_custom_fingerprint(sdk: Init) -> None:
    sdk()
    for number in range(2):
        with sentry_sdk.new_scope() as scope:
            scope.fingerprint = ["solver-error", "infeasible", "org_456"]
            scope.capture_exception(ValueError(f"solver {number}") if number else KeyError("solver"))
    arrived()

    assert Issue.objects.get().events == 2
