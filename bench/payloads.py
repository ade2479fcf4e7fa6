"""Envelopes as the real SDK makes them, compressed to a wanted size, each with an id of its own."""

from __future__ import annotations

import gzip
import random
import re
import uuid
from collections.abc import Iterator
from typing import Any

import sentry_sdk
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

ROUTES = 200
KINDS = (RuntimeError, ValueError, KeyError, TimeoutError, ConnectionError, PermissionError)
_EVENT_ID = re.compile(rb'"event_id":\s*"([0-9a-f]{32})"')


class _Caught(Transport):
    """Keeps what the SDK would send."""

    def __init__(self, options: Any = None) -> None:
        super().__init__(options)
        self.bodies: list[bytes] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.bodies.append(envelope.serialize())


def samples(compressed: int, count: int = 120) -> list[bytes]:
    """`count` different envelopes (uncompressed), each about `compressed` bytes once gzipped."""
    chance = random.Random(17)
    crumbs, text = 5, 20
    while len(gzip.compress(_made(chance, 1, crumbs, text)[0])) < compressed:
        # More breadcrumbs first, as an application has them; then longer ones.
        crumbs, text = (crumbs + 2, text) if crumbs < 60 else (crumbs, text + 8)
    return _made(chance, count, crumbs, text)


def requests(bodies: list[bytes], count: int) -> Iterator[bytes]:
    """`count` gzipped bodies; every one is another event."""
    for number in range(count):
        body = bodies[number % len(bodies)]
        found = _EVENT_ID.search(body)
        assert found is not None
        yield gzip.compress(body.replace(found.group(1), uuid.uuid4().hex.encode()), compresslevel=6)


def _made(chance: random.Random, count: int, crumbs: int, text: int) -> list[bytes]:
    caught = _Caught()
    client = sentry_sdk.Client(
        dsn="http://" + "0" * 32 + "@127.0.0.1:1/1", transport=caught, environment="production", release="shop@1.42.0"
    )
    for number in range(count):
        with sentry_sdk.isolation_scope() as scope:
            scope.set_client(client)
            _fill(scope, chance, crumbs, text, number)
            try:
                _handler(number, chance)
            except Exception as error:
                scope.capture_exception(error)
    return caught.bodies


def _fill(scope: Any, chance: random.Random, crumbs: int, text: int, number: int) -> None:
    scope.set_transaction_name(f"/shop/department-{number % ROUTES}/items/{{item}}", source="route")
    scope.set_user({"id": str(chance.randrange(500))})
    scope.set_tag("component", f"part-{number % 7}")
    for _ in range(crumbs):
        data = {"status_code": 200, "trace": f"{chance.getrandbits(64):x}", "rows": chance.randrange(900)}
        scope.add_breadcrumb(category="query", message=f"SELECT {chance.randbytes(text // 2).hex()}", data=data)


def _handler(number: int, chance: random.Random) -> None:
    headers = {"Authorization": "Bearer 0123456789abcdef", "X-Request-Id": f"{chance.getrandbits(64):x}"}
    _load(number, headers, depth=number % 4)


def _load(number: int, headers: dict[str, str], depth: int) -> None:
    basket = {"items": list(range(10)), "token": "not for logs", "total": number * 1.25}
    if depth:
        _load(number, headers, depth - 1)
    raise KINDS[number % len(KINDS)](f"order {number} of {len(basket)} parts could not be loaded")
