"""Checks that the console checks itself, and that the dead-man URL is pinged where there is one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from opsconsole.runtime.doctor.report import CheckResult, CheckStatus
from opsconsole.runtime.doctor.servers import Servers

if TYPE_CHECKING:
    from detections.rules.self_check_models import SelfWatch

NAME = "watch"
START = "run a sender, or a worker and a beat: bin/run has all"
UNSET = "set OPSCONSOLE_DEADMAN_URL: only a service elsewhere notices that all of this console stopped"
LATE = timedelta(minutes=3)


def self_watch(servers: Servers, now: datetime) -> CheckResult:
    """When the console checked itself last, and pinged. Uses Django, which `servers.migrations` has set up."""
    if not servers.connected:
        return CheckResult(NAME, CheckStatus.WARN, "", "unknown without PostgreSQL")
    from django.conf import settings
    from django.db import ProgrammingError, connection

    from detections.rules.self_check_models import SelfWatch

    try:
        return judge(SelfWatch.objects.first(), settings.DEADMAN_URL, now)
    except ProgrammingError:
        return CheckResult(NAME, CheckStatus.WARN, "", "unknown until the database is migrated")
    finally:
        connection.close()


def judge(watch: SelfWatch | None, url: str | None, now: datetime) -> CheckResult:
    """`url`: the dead-man URL, None without one."""
    if watch is None or watch.checked_at is None:
        return CheckResult(NAME, CheckStatus.WARN, "", "not checked yet", START)
    if (age := now - watch.checked_at) > LATE:
        return CheckResult(NAME, CheckStatus.FAIL, "", f"the console last checked itself {_seconds(age)} ago", START)
    if not url:
        return CheckResult(NAME, CheckStatus.OK, "", "checks itself; OPSCONSOLE_DEADMAN_URL is not set", UNSET)
    if watch.ping_error:
        return CheckResult(NAME, CheckStatus.FAIL, "", f"dead-man URL not reached: {watch.ping_error}", "check the URL")
    if watch.pinged_at is None or now - watch.pinged_at > LATE:
        last = f"last pinged {_seconds(now - watch.pinged_at)} ago" if watch.pinged_at else "not pinged yet"
        return CheckResult(NAME, CheckStatus.FAIL, "", f"dead-man URL {last}", "the log says what stops the pings")
    return CheckResult(NAME, CheckStatus.OK, "", f"dead-man URL pinged {_seconds(now - watch.pinged_at)} ago")


def _seconds(age: timedelta) -> str:
    return f"{age.total_seconds():.0f} s"
