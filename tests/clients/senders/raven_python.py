"""An application with raven 6, the SDK before sentry-sdk: sends what the tests ask for and ends.

python raven_python.py DSN
"""

import sys

from raven import Client
from raven.transport.http import HTTPTransport


def connect(host: str) -> None:
    raise OSError("no route to " + host)


def load_order(number: int) -> None:
    try:
        connect("db-1")
    except OSError as error:
        raise LookupError(f"order {number} is away") from error


def main(dsn: str) -> None:
    client = Client(dsn, transport=HTTPTransport, environment="production", release="shop@3.2.1")
    client.user_context({"id": "42", "email": "ada@example.org"})
    client.tags_context({"component": "checkout"})
    client.extra_context({"cart": {"items": 3}})
    client.captureBreadcrumb(category="query", message="SELECT 1", level="info")
    client.captureMessage("The export takes long", level="warning")
    client.transaction.push("/orders/{id}")
    try:
        load_order(7)
    except LookupError:
        client.captureException()
    client.transaction.clear()
    for error in (ValueError("one"), KeyError("two")):
        try:
            raise error
        except Exception:
            client.captureException(fingerprint=["checkout", "declined"])


if __name__ == "__main__":
    main(sys.argv[1])
