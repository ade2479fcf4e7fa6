"""Health endpoints: /healthz (this process answers), /readyz (it can do its work)."""

from __future__ import annotations

from collections.abc import Callable

from django.core.cache import cache
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, JsonResponse
from redis.exceptions import RedisError


def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """200 when PostgreSQL and Redis answer, else 503; the body names what does not, without its address."""
    checks = {"postgresql": _answers(connection.ensure_connection), "redis": _answers(_ask_redis)}
    ready = all(checks.values())
    words = {name: "ok" if answers else "unreachable" for name, answers in checks.items()}
    return JsonResponse({"status": "ok" if ready else "unavailable", **words}, status=200 if ready else 503)


def _ask_redis() -> None:
    cache.get("readyz")


def _answers(ask: Callable[[], None]) -> bool:
    try:
        ask()
    except (DatabaseError, InterfaceError, RedisError, OSError):
        return False
    return True
