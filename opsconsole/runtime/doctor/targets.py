"""Checks that somebody outside of the console is told of alerts: targets are connected and take messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from opsconsole.runtime.doctor.report import CheckResult, CheckStatus, one_line
from opsconsole.runtime.doctor.servers import Servers

if TYPE_CHECKING:
    from detections.alerts.routing_models import Target

NAME = "targets"
CONNECT = "set OPSCONSOLE_SLACK_WEBHOOK_URL or another of docs/channels, or add a target in the admin, with a policy"
MEND = "correct it, and send a test message: both on its page in the admin, under Targets"
TRY = "send each a test message, on its page in the admin under Targets"
LONGEST = 200  # characters of an error


def targets(servers: Servers) -> CheckResult:
    """Which connected targets fail, and since when. Uses Django, which `servers.migrations` has set up."""
    if not servers.connected:
        return CheckResult(NAME, CheckStatus.WARN, "", "unknown without PostgreSQL")
    from django.db import ProgrammingError, connection

    from detections.dashboard.self_watch.undelivered import connected, failing, failing_since

    try:
        found = list(connected().select_related("result").order_by("name"))
        failed = list(failing().select_related("result").order_by("name"))
        return judge(found, [(target, failing_since(target)) for target in failed])
    except ProgrammingError:
        return CheckResult(NAME, CheckStatus.WARN, "", "unknown until the database is migrated")
    finally:
        connection.close()


def judge(connected: Sequence[Target], failing: Sequence[tuple[Target, datetime]]) -> CheckResult:
    """The result for these targets; `failing`: whose newest attempt failed, with the first of these failures."""
    if not connected:
        detail = "nobody is told of alerts: no policy leads to a connected target"
        return CheckResult(NAME, CheckStatus.WARN, "", detail, CONNECT)
    if failing:
        all_of_them = "nobody is told of alerts: " if len(failing) == len(connected) else ""
        detail = all_of_them + "; ".join(_fails(target, since) for target, since in failing)
        return CheckResult(NAME, CheckStatus.WARN, "", detail, MEND)
    untried = [target.name for target in connected if getattr(target, "result", None) is None]
    if untried:
        return CheckResult(NAME, CheckStatus.OK, "", f"connected, and never tried: {', '.join(untried)}", TRY)
    return CheckResult(NAME, CheckStatus.OK, "", f"take messages: {', '.join(target.name for target in connected)}")


def _fails(target: Target, since: datetime) -> str:
    error = one_line(target.result.last_error)[:LONGEST]
    return f"{target.name} takes no messages since {since:%Y-%m-%d %H:%M} UTC: {error}"
