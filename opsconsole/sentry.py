"""Reports the console's own errors with sentry-sdk 2.

In: SENTRY_DSN, SENTRY_ENVIRONMENT, SENTRY_RELEASE. Out: scrubbed events to that DSN, which may be that of one of the
console's own projects. Errors inside ingest are not reported, since reporting one would cause the next.
"""

from __future__ import annotations

import random
import subprocess
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import sentry_sdk
from sentry_sdk.integrations.celery import CeleryIntegration
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.integrations.redis import RedisIntegration

from detections.ingest.event.scrub import scrub
from opsconsole.env.variables import read

HEALTH_PATHS = ("/healthz", "/readyz", "/metrics", "/health")
# 10 % of transactions, every server error, 10 % of client errors.
TRACES_SAMPLE_RATE = 0.1
CLIENT_ERROR_SAMPLE_RATE = 0.1
MAX_BREADCRUMBS = 50
# Local variables of these modules are not sent: they hold the secrets of receivers, under many names.
SECRET_MODULES = (
    "detections.alerts.channels",
    "detections.alerts.delivery.send_one",
    "detections.alerts.delivery.secret_values",
    "detections.alerts.delivery.try_target",
    "detections.alerts.admin.targets",
    "detections.alerts.targets",
    "detections.probes",
    "opsconsole.lib.outbound",
    "opsconsole.lib.sealed",
    "opsconsole.env.outbound_url",
    "opsconsole.env.outgoing",
    "opsconsole_probe",
)


def init_sentry(dsn: str) -> None:
    """Start reporting to `dsn`. Raises SettingError for an invalid SENTRY_ setting."""
    sentry_sdk.init(
        dsn=dsn,
        environment=read("SENTRY_ENVIRONMENT"),
        release=read("SENTRY_RELEASE") or _own_release(),
        integrations=[DjangoIntegration(transaction_style="url"), CeleryIntegration(), RedisIntegration()],
        traces_sample_rate=TRACES_SAMPLE_RATE,
        sample_rate=1.0,
        send_default_pii=False,
        attach_stacktrace=True,
        include_local_variables=True,
        max_breadcrumbs=MAX_BREADCRUMBS,
        before_send=before_send,
        before_send_transaction=before_send_transaction,
        before_breadcrumb=before_breadcrumb,
        trace_propagation_targets=[],  # a probe measures what others are answered: it sends the target's headers only
    )


def before_send(event: Any, hint: dict[str, Any]) -> Any:
    """The scrubbed event, or None to drop it.

    Events of health checks and of ingest are dropped whatever their level; then errors are kept, client errors sampled.
    """
    if _is_of_health_check(event) or _inside_ingest(event):
        return None
    _drop_variables(event)
    if event.get("level") in {"error", "fatal"}:
        return scrub(event)
    status = ((event.get("contexts") or {}).get("response") or {}).get("status_code") or 0
    if 400 <= status < 500 and random.random() > CLIENT_ERROR_SAMPLE_RATE:  # noqa: S311 - sampling, no secret
        return None
    return scrub(event)


def before_send_transaction(event: Any, hint: dict[str, Any]) -> Any:
    """The scrubbed transaction: its request, tags and spans quote what came from outside. None for health checks."""
    return None if _is_of_health_check(event) else scrub(event)


def before_breadcrumb(crumb: Any, hint: dict[str, Any]) -> Any:
    """None for requests by http.client: those of the probes, a thousand a run, whose URLs may hold secrets."""
    return None if crumb.get("category") == "httplib" else crumb


def _is_of_health_check(event: Any) -> bool:
    return any(path in str((event.get("request") or {}).get("url", "")) for path in HEALTH_PATHS)


def _inside_ingest(event: Any) -> bool:
    if str(event.get("logger") or "").startswith("detections.ingest"):
        return True
    frames = _frames((event.get("exception") or {}).get("values"))
    return any((frame.get("module") or "").startswith("detections.ingest") for frame in frames)


def _drop_variables(event: Any) -> None:
    """Drops, in place, the local variables of SECRET_MODULES, of errors and of messages with a stack."""
    places = ((event.get(name) or {}).get("values") or [] for name in ("exception", "threads"))
    for frame in _frames([event, *chain.from_iterable(places)]):
        if (frame.get("module") or "").startswith(SECRET_MODULES):
            frame.pop("vars", None)


def _frames(values: Any) -> Iterator[Any]:
    """The frames of exceptions, threads or an event that has a stack itself."""
    for value in values or []:
        yield from (value.get("stacktrace") or {}).get("frames") or []


def _own_release() -> str:
    """`opsconsole@<short commit>`, or `opsconsole@unknown` without git."""
    try:
        done = subprocess.run(
            ["git", "rev-parse", "--short=7", "HEAD"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return "opsconsole@unknown"
    return f"opsconsole@{done.stdout.strip()}"
