"""Checks that the heads of the chain of sign-offs leave the database, and by settings the machine."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from opsconsole.runtime.doctor.report import CheckResult, CheckStatus
from opsconsole.runtime.doctor.servers import Servers

if TYPE_CHECKING:
    from bootstrap.checklists.models import DailyHead

NAME = "audit"
ELSEWHERE = "set OPSCONSOLE_AUDIT_WEBHOOK or _EMAIL: only what lies elsewhere is proof against this machine's owner"
CHECK_RECEIVER = "it is tried each hour: check the receiver, OPSCONSOLE_AUDIT_WEBHOOK, _EMAIL and OPSCONSOLE_EMAIL_URL"
OLD = timedelta(days=2)


def audit(servers: Servers, now: datetime) -> CheckResult:
    """The newest daily head and whether it was sent. Uses Django, which `servers.migrations` has set up."""
    if not servers.connected:
        return CheckResult(NAME, CheckStatus.WARN, "", "unknown without PostgreSQL")
    from django.conf import settings
    from django.db import ProgrammingError, connection

    from bootstrap.checklists.audit import heads_file
    from bootstrap.checklists.models import DailyHead, SignOff

    try:
        newest, first = DailyHead.objects.first(), SignOff.objects.order_by("pk").first()
    except ProgrammingError:
        return CheckResult(NAME, CheckStatus.WARN, "", "unknown until the database is migrated")
    finally:
        connection.close()
    if problems := heads_file.read(settings.AUDIT_HEADS_FILE).problems:
        return CheckResult(NAME, CheckStatus.FAIL, "", problems[0], "bin/manage verify_audit says what is proven")
    return _judge(newest, first.at.date() if first else None, now.date())


def _judge(newest: DailyHead | None, first: date | None, today: date) -> CheckResult:
    """`first` is the day of the first act, None without one."""
    from bootstrap.checklists.audit.daily_head import wanted

    since = newest.day if newest else first
    if since is None:
        return CheckResult(NAME, CheckStatus.OK, "", "no sign-offs yet")
    if today - since >= OLD:
        return CheckResult(NAME, CheckStatus.WARN, "", f"no daily head since {since}", "beat and worker make it")
    if newest is None:
        return CheckResult(NAME, CheckStatus.OK, "", "the first daily head comes within the hour")
    if newest.error:
        return CheckResult(NAME, CheckStatus.FAIL, "", f"head of {newest.day} not sent: {newest.error}", CHECK_RECEIVER)
    detail = f"head of {newest.day}: {newest.number}:{newest.hash}"
    if not wanted():
        return CheckResult(NAME, CheckStatus.OK, "", f"{detail}, kept on this machine only", ELSEWHERE)
    return CheckResult(NAME, CheckStatus.OK, "", f"{detail}, sent by {' and '.join(wanted())}")
