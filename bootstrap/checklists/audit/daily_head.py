"""The head of the chain once a day: into the file and the log, and to the webhook and addresses of the settings.

Only what lies outside of this machine is proof against its owner. A message that was not taken is sent again each hour
of its day; the next day has a head of its own, which covers all acts before it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime

from django.conf import settings
from django.db import transaction

from bootstrap.checklists.audit.head_message import HeadMessage
from bootstrap.checklists.audit.note_head import current_head, keep
from bootstrap.checklists.audit.send_head import NotSent, send_email, send_webhook
from bootstrap.checklists.models import DailyHead, RestoreRecord

logger = logging.getLogger(__name__)

Sender = Callable[[HeadMessage], None]
SENDERS: Mapping[str, Sender] = {"webhook": send_webhook, "email": send_email}


def send_daily_head(now: datetime, senders: Mapping[str, Sender] = SENDERS) -> DailyHead | None:
    """Take today's head if there is none yet, and send it where it was not taken. None without acts, or while another
    process sends it."""
    if not _take(now):
        return None
    with transaction.atomic():
        today = DailyHead.objects.select_for_update(skip_locked=True).filter(day=_day(now)).first()
        if today:
            _send(today, senders, now)
    return today


def wanted() -> list[str]:
    """The senders that the settings ask for."""
    return [name for name, place in (("webhook", settings.AUDIT_WEBHOOK), ("email", settings.AUDIT_EMAIL)) if place]


def _take(now: datetime) -> bool:
    if DailyHead.objects.filter(day=_day(now)).exists():
        return True
    head = current_head(now)
    if head is None:
        return False
    values = {"number": head.number, "hash": head.hash, "acts": head.acts, "at": head.at}
    _, created = DailyHead.objects.get_or_create(day=_day(now), defaults=values)
    if created:
        logger.info("head of the sign-offs", extra={"head": str(head), "acts": head.acts})
        keep(head)
    return True


def _send(today: DailyHead, senders: Mapping[str, Sender], now: datetime) -> None:
    """Try each sender that has not succeeded yet, and store when it did or why it did not."""
    message = HeadMessage(
        console=settings.PUBLIC_URL,
        day=today.day,
        number=today.number,
        hash=today.hash,
        acts=today.acts,
        at=today.at,
        restores=RestoreRecord.objects.count(),
    )
    errors = []
    for name in wanted():
        if getattr(today, f"{name}_at"):
            continue
        try:
            senders[name](message)
            setattr(today, f"{name}_at", now)
        except NotSent as error:
            errors.append(f"{name}: {error}")
            logger.error("head of the sign-offs not sent by %s: %s", name, error, extra={"head": str(message)})
    today.error = "; ".join(errors)
    today.save(update_fields=["webhook_at", "email_at", "error"])


def _day(now: datetime) -> date:
    return now.astimezone(UTC).date()
