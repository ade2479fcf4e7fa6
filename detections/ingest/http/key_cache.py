"""Which keys may send, remembered for a few seconds."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import NamedTuple

from django.db import InterfaceError, OperationalError, connection

from detections.telemetry.models import ProjectKey

# A revocation must hold on all processes within 5 s: known keys are asked for again after 3 s, and 2 s are room for
# requests under way. A key made just now must not be refused because it was tried a moment ago.
KNOWN_SECONDS = 3.0
UNKNOWN_SECONDS = 1.0
# Entries a process keeps; a scan with made-up keys only pushes others out, and costs one query each.
MOST = 2048


class Permit(NamedTuple):
    """A live key of an enabled project; its limit of events a minute, if it has one."""

    project_id: int
    per_minute: int | None


class KeyCache:
    """Permits by (project, key): by both, so that a wrong key never locks a right one out. Safe for threads."""

    def __init__(self) -> None:
        self._entries: OrderedDict[tuple[int, str], tuple[float, Permit | None]] = OrderedDict()
        self._lock = threading.Lock()

    def permit(self, project_id: int, public_key: str, now: float) -> Permit | None:
        """The permit, None when there is none; `now` in seconds of a steady clock. May raise OperationalError."""
        key = (project_id, public_key)
        with self._lock:
            entry = self._entries.get(key)
        if entry is not None and now < entry[0]:
            return entry[1]
        permit = look_up(project_id, public_key)
        with self._lock:
            self._entries[key] = (now + (UNKNOWN_SECONDS if permit is None else KNOWN_SECONDS), permit)
            self._entries.move_to_end(key)
            while len(self._entries) > MOST:
                self._entries.popitem(last=False)
        return permit


def look_up(project_id: int, public_key: str) -> Permit | None:
    """The permit as the database has it now. Raises OperationalError, InterfaceError when PostgreSQL is away; no
    Django request looks after this thread's connection, so a lost one is dropped here, and the next try connects.
    """
    try:
        row = (
            ProjectKey.objects.filter(
                public_key=public_key, project_id=project_id, revoked_at__isnull=True, project__enabled=True
            )
            .values_list("project_id", "project__events_per_minute_limit")
            .first()
        )
    except (OperationalError, InterfaceError):
        connection.close()
        raise
    return Permit(*row) if row else None
