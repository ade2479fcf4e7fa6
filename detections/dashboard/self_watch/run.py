"""The self-watch in its processes: a thread of the sender, and a task of the worker where no sender does it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from threading import Event

from django.db import DatabaseError, InterfaceError, connection

from detections.alerts.delivery.send_one import SENDS, Send
from detections.alerts.delivery.sender import deliver
from detections.alerts.models import Alert
from detections.dashboard.self_watch import watch
from detections.dashboard.self_watch.dead_man import ping
from detections.rules.self_check_models import FailingCheck
from opsconsole.lib.clock import MINUTE

logger = logging.getLogger(__name__)

LOOK = 5.0  # seconds between questions whether a minute is over
# A worker does it where no sender did for so long.
NO_SENDER = MINUTE


def watch_once(
    clock: Callable[[], datetime], overdue: timedelta = timedelta(0), sends: Mapping[str, Send] = SENDS
) -> bool:
    """Checks, tells, and pings if this minute is due; whether it was. While messages are not sent it sends those about
    the console itself."""
    now = clock()
    if not watch.claim(now, overdue):
        return False
    failures = watch.check(now)
    if FailingCheck.objects.filter(check_name="delivery").exists():
        _send_own(clock, sends)
    ping(failures, now)
    return True


def keep_watching(clock: Callable[[], datetime], stopping: Event, look: float = LOOK) -> None:
    """Until `stopping` is set. What goes wrong is logged and tried again; its connection is closed between checks."""
    while not stopping.is_set():
        try:
            watch_once(clock)
        except (DatabaseError, InterfaceError) as error:
            logger.warning("the console cannot check itself: %s", " ".join(str(error).split()))
        except Exception:
            logger.exception("the console cannot check itself")
        finally:
            connection.close()
        stopping.wait(look)


def _send_own(clock: Callable[[], datetime], sends: Mapping[str, Send]) -> None:
    """Sends due messages about the console, which wait for the same sender as those that they tell of."""
    own = Alert.objects.filter(rule__category="console", scope__rule__current__spec__conditions__0__kind="self_check")
    ids = list(own.filter(dedup_key__isnull=False).values_list("pk", flat=True))
    if ids:
        deliver(clock, sends, only=ids)
