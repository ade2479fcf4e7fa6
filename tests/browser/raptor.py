"""An application of somebody's: a WSGI app with the real SDK, whose preview route fails.

python raptor.py DSN REQUESTS
"""

import sys
from collections.abc import Callable, Iterable
from typing import Any

import sentry_sdk
from sentry_sdk.integrations.wsgi import SentryWsgiMiddleware


def verify(token: str) -> None:
    raise RuntimeError("beta_token_verifier: Console returned 403")


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    verify(environ["PATH_INFO"].split("/")[4])
    return []


def main(dsn: str, requests: int) -> None:
    sentry_sdk.init(dsn=dsn, environment="production", release="raptor@2026.6.12")
    wrapped = SentryWsgiMiddleware(application)
    for number in range(requests):
        path = f"/api/beta/preview/tester-token-{number:04d}/screen/1"
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": path,
            "HTTP_HOST": "raptor.example",
            "wsgi.url_scheme": "https",
            "QUERY_STRING": "",
        }
        try:
            wrapped(environ, lambda *_: None)
        except RuntimeError:
            sys.stdout.write(f"500 {path}\n")
    sentry_sdk.flush(10)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
