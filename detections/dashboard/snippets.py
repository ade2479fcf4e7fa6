"""What to paste into an application so that its first event comes: for pages that have nothing to show yet."""

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
    """The snippet while nothing was ever received; empty afterwards. Two queries at most."""
    return "" if queries.newest_event_at() else snippet()


def snippet() -> str:
    """Python with the DSN of the oldest enabled project that is no demo; empty where there is none. One query."""
    keys = ProjectKey.objects.filter(revoked_at__isnull=True, project__enabled=True, project__demo=False)
    key = keys.select_related("project").order_by("project_id", "pk").first()
    return SNIPPET.format(dsn=dsn(settings.PUBLIC_URL, key.public_key, key.project_id)) if key else ""
