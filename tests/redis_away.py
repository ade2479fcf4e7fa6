"""A Redis that is away: one that refuses connections, and one that takes them and never answers."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

from django.test import override_settings

from opsconsole.lib import redis


@contextlib.contextmanager
def refusing() -> Iterator[None]:
    """Nothing listens at the address."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # and does not listen
        with _used(closed):
            yield


@contextlib.contextmanager
def hanging() -> Iterator[None]:
    """The kernel accepts connections for a listener that takes none."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(100)
        with _used(deaf):
            yield


@contextlib.contextmanager
def _used(server: socket.socket) -> Iterator[None]:
    with override_settings(REDIS_URL=f"redis://127.0.0.1:{server.getsockname()[1]}/0"):
        redis.client.cache_clear()
        yield
    redis.client.cache_clear()
