"""A service in the middle of a rollout, as seed 003 describes Aurora's `/v1/chat`, with faults on demand."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from tests.receivers.http_receiver import HttpReceiver, Received, Reply, json_reply

Change = Callable[[dict[str, Any], dict[str, str]], None]


def unchanged(body: dict[str, Any], headers: dict[str, str]) -> None:
    """Neither the body nor the headers are touched."""


class Rollout(HttpReceiver):
    """Buckets 0 to 99 in turn; those below `canary` are of the variant `canary`, the others of `control`.

    `change` is called with the body and the headers of each answer and makes faults of them.
    """

    def __init__(self, canary: int = 10, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        super().__init__(tls, host)
        self.canary = canary
        self.change: Change = unchanged
        self._numbers: Iterator[int] = count()

    def answer(self, received: Received) -> Reply:
        bucket = next(self._numbers) * 37 % 100
        variant = "canary" if bucket < self.canary else "control"
        meta = {"rollout_variant": variant, "rollout_bucket": bucket, "policy_version": "p-7"}
        body: dict[str, Any] = {"reply": "pong", "meta": meta}
        headers = {"x-aurora-variant": variant, "x-aurora-bucket": str(bucket), "x-aurora-policy-version": "p-7"}
        self.change(body, headers)
        return json_reply(200, body, **{name.replace("-", "_"): value for name, value in headers.items()})
