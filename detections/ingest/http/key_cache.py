"""Which DSN keys may send events, cached for a few seconds."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import NamedTuple

from django.db import InterfaceError, OperationalError, connection

from detections.telemetry.models import ProjectKey
from opsconsole.lib.db.bounded import within

# A revocation must take effect in all processes within 5 s: valid keys are read again after 3 s, which leaves 2 s for
# requests in progress. A new key must not be refused because somebody tried it just before it was created.
KNOWN_SECONDS = 3.0
UNKNOWN_SECONDS = 1.0
LOOK_UP_SECONDS = 3.0  # a request looks twice at most: group_commit.WAIT_SECONDS
# Entries per process. A scan with invented keys only evicts others, and costs one query each.
MAX_ENTRIES = 2048


class Permit(NamedTuple):
    """A valid key of an enabled project. `per_minute` is the project's limit of events, None for no limit."""

    project_id: int
    per_minute: int | None


class KeyCache:
    """Permits by (project id, public key): a key tried with a wrong project stays usable for its own. Thread-safe."""

    def __init__(self) -> None:
        self._entries: OrderedDict[tuple[int, str], tuple[float, Permit | None]] = OrderedDict()
        self._lock = threading.Lock()

    def permit(self, project_id: int, public_key: str, now: float) -> Permit | None:
        """The permit, None for an unknown or revoked key. `now`: monotonic seconds. Raises as `look_up`."""
        key = (project_id, public_key)
        with self._lock:
            entry = self._entries.get(key)
        if entry is not None and now < entry[0]:
            return entry[1]
        permit = look_up(project_id, public_key)
        with self._lock:
            self._entries[key] = (now + (UNKNOWN_SECONDS if permit is None else KNOWN_SECONDS), permit)
            self._entries.move_to_end(key)
            while len(self._entries) > MAX_ENTRIES:
                self._entries.popitem(last=False)
        return permit


def look_up(project_id: int, public_key: str) -> Permit | None:
    """The permit as the database has it now. Raises OperationalError or InterfaceError when PostgreSQL is unreachable.

    Waits LOOK_UP_SECONDS at most for a server that hangs: the threads are needed for what can be answered.

    Outside a Django request nothing closes this thread's connection, so a broken one is closed here.
    """
    try:
        with within(LOOK_UP_SECONDS):
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
