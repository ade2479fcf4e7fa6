"""Health endpoints: /healthz (this process answers), /readyz (the console keeps up), /metrics (for Prometheus)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

from django.core.cache import cache
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from redis.exceptions import RedisError

from detections.alerts.queries import open_by_severity
from detections.dashboard import console_health
from opsconsole.lib import clock

UNREACHABLE = (DatabaseError, InterfaceError, RedisError, OSError)
SEVERITIES = {3: "critical", 2: "high", 1: "medium"}


@csrf_exempt  # every method but GET and HEAD is answered with 405
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@csrf_exempt
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when PostgreSQL and Redis answer and no delay exceeds its limit, else 503 with the reasons.

    The body names the unreachable server without its address.
    """
    checks = {"postgresql": _is_reachable(connection.ensure_connection), "redis": _is_reachable(_query_redis)}
    states = {name: "ok" if reachable else "unreachable" for name, reachable in checks.items()}
    reasons = [f"{name} does not answer" for name, reachable in checks.items() if not reachable]
    if checks["postgresql"]:
        reasons += _reasons_for_delay()
    status = "unavailable" if reasons else "ok"
    return JsonResponse({"status": status, **states, "reasons": reasons}, status=503 if reasons else 200)


@csrf_exempt
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The console's own metrics in Prometheus' text format; 503 while PostgreSQL does not answer."""
    registry = CollectorRegistry()
    try:
        measured = asdict(console_health.measure(clock.now()))
        firing = open_by_severity()
    except UNREACHABLE:
        return HttpResponse("# PostgreSQL does not answer\n", status=503, content_type=CONTENT_TYPE_LATEST)
    for name, value in measured.items():
        unit = "" if name == "inbox_depth" else "_seconds"
        Gauge(f"opsconsole_{name}{unit}", name.replace("_", " "), registry=registry).set(value)
    gauge = Gauge("opsconsole_open_alerts", "alerts that fire or recover", ["severity"], registry=registry)
    for severity, word in SEVERITIES.items():
        gauge.labels(word).set(firing.get(severity, 0))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _reasons_for_delay() -> list[str]:
    try:
        return console_health.measure(clock.now()).reasons()
    except UNREACHABLE:
        return ["postgresql does not answer"]


def _query_redis() -> None:
    cache.get("readyz")


def _is_reachable(query: Callable[[], None]) -> bool:
    try:
        query()
    except UNREACHABLE:
        return False
    return True
