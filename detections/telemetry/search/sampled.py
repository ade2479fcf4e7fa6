"""Values that newest rows have, to complete searches with."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from django.db import connection

from bootstrap.systems.models import Environment
from detections.telemetry.models import ProjectEnvironment, Series
from detections.telemetry.releases.models import EnvironmentRelease

MOST = 20
SAMPLE = 100  # newest events of each environment
_ENVIRONMENTS = 50
_SINCE = timedelta(days=30)
_COLUMNS = MappingProxyType(
    {"error.type": "exception_type", "logger": "logger", "platform": "platform", "transaction": "transaction"}
)

VALUES = """
SELECT {value} AS value FROM (
    SELECT id FROM detections_projectenvironment WHERE last_event_at >= %(since)s
    ORDER BY last_event_at DESC LIMIT %(environments)s
) AS place, LATERAL (
    SELECT * FROM detections_event
    WHERE project_environment_id = place.id AND occurred_at >= %(since)s AND received_at >= %(since)s
    ORDER BY occurred_at DESC LIMIT %(sample)s
) AS newest
WHERE {value} <> '' GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 200
"""


def sampled_values(name: str, now: datetime, *, tag: bool = False) -> list[str]:
    """The values of a key or of a `tag` among newest events, most frequent first."""
    value = "newest.tags ->> %(name)s" if tag else f"newest.{_COLUMNS[name]}"
    options: dict[str, Any] = {"since": now - _SINCE, "environments": _ENVIRONMENTS, "sample": SAMPLE, "name": name}
    with connection.cursor() as cursor:
        cursor.execute(VALUES.format(value=value), options)
        return [each for (each,) in cursor.fetchall()]


def environments() -> list[str]:
    """The names that events of environments are counted under, and the other names of these."""
    rows = Environment.objects.values_list("aliases", flat=True)
    sending = ProjectEnvironment.objects.filter(last_event_at__isnull=False).order_by("name")
    names = sending.values_list("name", flat=True).distinct()
    return list(dict.fromkeys([*names, *sorted(alias for aliases in rows for alias in aliases)]))


def newest_routes(typed: str) -> list[str]:
    """Routes that contain the text, the one seen last first."""
    found = Series.objects.filter(route__icontains=typed).exclude(route="").order_by("-last_seen")
    return list(dict.fromkeys(found.values_list("route", flat=True)[: 5 * MOST]))


def newest_releases(typed: str) -> list[str]:
    """Releases that contain the text, the newest first."""
    found = EnvironmentRelease.objects.filter(release__icontains=typed).order_by("-first_seen", "-pk")
    return list(dict.fromkeys(found.values_list("release", flat=True)[: 5 * MOST]))
