"""The Redis database of a test worker (pure)."""

from __future__ import annotations

import re


def of_worker(url: str, worker: str) -> str:
    """The URL with the database number for an xdist worker (`gw0`, `gw1`, ... or empty), counted from the URL's number.

    >>> of_worker("redis://cache:6379/2", "gw1")
    'redis://cache:6379/3'
    >>> of_worker("unix:///tmp/redis.sock?db=0", "gw1")
    'unix:///tmp/redis.sock?db=1'
    """
    number = int(worker.removeprefix("gw") or 0)
    if url.startswith("unix://"):
        base, _, first = url.partition("?db=")
        return f"{base}?db={int(first or 0) + number}"
    base, first = re.fullmatch(r"(\w+://[^/]*)/?(\d*)", url).groups()  # type: ignore[union-attr]
    return f"{base}/{int(first or 0) + number}"
