"""The page of failures; /healthz (this process answers), /readyz (it can do its work), /metrics (for Prometheus).

Everybody may ask whether the console is ready; why it is not, and the metrics, are for those of `health_access`.
"""

from __future__ import annotations

import sys
from dataclasses import asdict

from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from detections.alerts.queries import open_by_severity
from detections.dashboard import console_health
from detections.ingest.inbox import blocked
from opsconsole.health_access import sees_details
from opsconsole.lib import clock, redis
from opsconsole.lib.db.bounded import within
from opsconsole.lib.db.unreachable import passes_soon
from opsconsole.lib.web.unavailable import unavailable

UNREACHABLE = (DatabaseError, InterfaceError, OSError)
DATABASE_SECONDS = 2.0  # that a health endpoint waits for PostgreSQL
COUNTS = frozenset({"inbox_depth", "connected_targets", "failing_checks"})
SEVERITIES = {3: "critical", 2: "high", 1: "medium"}


def server_error(request: HttpRequest) -> HttpResponse:
    """503 where PostgreSQL did not answer, else 500. Django calls it while it handles the exception, and logs that."""
    error = sys.exc_info()[1]
    if isinstance(error, OperationalError | InterfaceError) and passes_soon(error):
        return unavailable()
    return defaults.server_error(request)


@csrf_exempt  # every method but GET and HEAD is answered with 405
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@csrf_exempt
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when PostgreSQL and Redis answer and events can be stored, else 503. Delays are no reason: a console that is
    behind takes events, and must not leave a load balancer; its self-watch tells of them.

    Who may see details gets the state of each server, without its address, and the reasons, delays among them. Answers
    within DATABASE_SECONDS and Redis' timeout.
    """
    states = {"postgresql": "ok", "redis": "ok" if redis.answers() else "unreachable"}
    try:
        with within(DATABASE_SECONDS):
            delays = console_health.measure(clock.now()).reasons()
    except UNREACHABLE:
        states["postgresql"], delays = "unreachable", []
    unready = [f"{name} does not answer" for name, state in states.items() if state != "ok"]
    if states["redis"] == "ok" and blocked.is_blocked():
        unready.append("ingest cannot store events yet")
    answer = {"status": "unavailable" if unready else "ok"}
    details = {**states, "reasons": unready + delays} if sees_details(request) else {}
    return JsonResponse(answer | details, status=503 if unready else 200)


@csrf_exempt
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The console's own metrics in Prometheus' text format; 503 while PostgreSQL does not answer, 401 for strangers."""
    if not sees_details(request):
        return _who_may()
    registry = CollectorRegistry()
    try:
        with within(DATABASE_SECONDS):
            measured = asdict(console_health.measure(clock.now()))
            firing = open_by_severity()
    except UNREACHABLE:
        return HttpResponse("# PostgreSQL does not answer\n", status=503, content_type=CONTENT_TYPE_LATEST)
    for name, value in measured.items():
        unit = "" if name in COUNTS else "_seconds"
        number = len(value) if isinstance(value, tuple) else value
        Gauge(f"opsconsole_{name}{unit}", name.replace("_", " "), registry=registry).set(number)
    gauge = Gauge("opsconsole_open_alerts", "alerts that fire or recover", ["severity"], registry=registry)
    for severity, word in SEVERITIES.items():
        gauge.labels(word).set(firing.get(severity, 0))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


@csrf_exempt
def no_sentry_api(request: HttpRequest, rest: str = "") -> JsonResponse:
    """What sentry-cli asks of Sentry's web API. 400, since it takes a 404 for an organization that does not exist."""
    detail = (
        "The console has no web API of Sentry's: releases and deploys (/api/0/…) are not taken. "
        "sentry-cli send-event and send-envelope work with a DSN; the console's own API is at /api/v1/."
    )
    return JsonResponse({"detail": detail}, status=400)


@csrf_exempt
def no_ingest_address(request: HttpRequest, project: int, rest: str) -> JsonResponse:
    """An address of Sentry's protocol that the console does not have (minidumps, attachments, monitors)."""
    detail = "Nothing is taken at this address. A project takes events at envelope/, store/ and security/."
    return JsonResponse({"detail": detail}, status=404)


def _who_may() -> HttpResponse:
    text = (
        "Send `Authorization: Bearer` with the token of OPSCONSOLE_METRICS_TOKEN, or ask from a trusted network, "
        "without a proxy, by an IP address, localhost, the public URL or a name of ALLOWED_HOSTS.\n"
    )
    return HttpResponse(
        text, status=401, content_type="text/plain", headers={"WWW-Authenticate": 'Bearer realm="opsconsole metrics"'}
    )
