"""The Python snippet that sends a first event, for pages without data."""

from __future__ import annotations

from django.conf import settings

from detections.telemetry import queries
from detections.telemetry.dsn import dsn
from detections.telemetry.models import ProjectKey

SNIPPET = """import sentry_sdk

sentry_sdk.init(
    dsn="{dsn}",
    environment="production",
)
sentry_sdk.capture_exception(RuntimeError("first event"))"""


def first_event() -> str:
    """The snippet until the first event is received, then ''. At most two queries."""
    return "" if queries.newest_event_at() else snippet()


def snippet() -> str:
    """Python code with the DSN of the oldest enabled project without demo data; '' without one. One query."""
    keys = ProjectKey.objects.filter(revoked_at__isnull=True, project__enabled=True, project__demo=False)
    key = keys.select_related("project").order_by("project_id", "pk").first()
    return SNIPPET.format(dsn=dsn(settings.PUBLIC_URL, key.public_key, key.project_id)) if key else ""
