"""An application with sentry-sdk, of any release from 0.14 on: sends what the tests ask for and ends.

python sentry_python.py DSN
"""

import sys
from typing import Any

import sentry_sdk

MODERN = hasattr(sentry_sdk, "new_scope")  # from 2.0 on
HAS_TRANSACTIONS = hasattr(sentry_sdk, "start_transaction")  # before 0.15 a span with a name was one


def connect(host: str) -> None:
    raise OSError("no route to " + host)


def load_order(number: int) -> None:
    try:
        connect("db-1")
    except OSError as error:
        raise LookupError(f"order {number} is away") from error


def scope() -> Any:
    return sentry_sdk.new_scope() if MODERN else sentry_sdk.push_scope()


def transaction(name: str) -> Any:
    if not HAS_TRANSACTIONS:
        return sentry_sdk.Hub.current.start_span(transaction=name, op="http.server")
    source: Any = {} if not hasattr(sentry_sdk.tracing, "TRANSACTION_SOURCE_ROUTE") else {"source": "route"}
    return sentry_sdk.start_transaction(name=name, op="http.server", **source)


def drop(event: Any, hint: Any) -> Any:
    """A client tells of what it dropped, where its release can."""
    return None if event.get("logger") == "dropped" else event


def capture(error: Exception) -> None:
    try:
        raise error
    except Exception as raised:
        sentry_sdk.capture_exception(raised)


def errors() -> None:
    with transaction("/orders/{id}"):
        try:
            load_order(7)
        except LookupError as error:
            sentry_sdk.capture_exception(error)
    for declined in (ValueError("one"), KeyError("two")):
        with scope() as own:
            own.fingerprint = ["checkout", "declined"]
            capture(declined)


def extras() -> None:
    """What a release does beyond errors, where it can."""
    sentry_sdk.capture_event({"message": "not wanted", "logger": "dropped"})
    with scope() as own:
        if hasattr(own, "add_attachment"):
            own.add_attachment(bytes=b"a,b\n1,2\n", filename="orders.csv")
            sentry_sdk.capture_message("with an attachment")
    if MODERN:
        from sentry_sdk.crons import capture_checkin

        capture_checkin(monitor_slug="nightly", status="ok")
        sentry_sdk.Scope.get_isolation_scope().start_session()
        sentry_sdk.Scope.get_isolation_scope().end_session()


def main(dsn: str) -> None:
    sentry_sdk.init(dsn=dsn, environment="production", release="shop@3.2.1", traces_sample_rate=1.0, before_send=drop)
    sentry_sdk.set_user({"id": "42", "email": "ada@example.org"})
    sentry_sdk.set_tag("component", "checkout")
    sentry_sdk.set_context("cart", {"items": 3})
    sentry_sdk.add_breadcrumb(category="query", message="SELECT 1", level="info")
    sentry_sdk.capture_message("The export takes long", level="warning")
    errors()
    extras()
    sentry_sdk.flush(timeout=20)
    client: Any = sentry_sdk.Scope.get_client() if MODERN else sentry_sdk.Hub.current.client
    client.close(timeout=20)


if __name__ == "__main__":
    main(sys.argv[1])
