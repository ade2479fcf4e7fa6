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
    errors: list[str] = []
    for name in wanted():
        # Each in a transaction of its own: what was sent stays noted, whatever becomes of the next.
        with transaction.atomic():
            today = DailyHead.objects.select_for_update(skip_locked=True).filter(day=_day(now)).first()
            if today is None:
                return None
            errors += _send(today, name, senders[name], now)
    today = DailyHead.objects.get(day=_day(now))
    today.error = "; ".join(errors)
    today.save(update_fields=["error"])
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


def _send(today: DailyHead, name: str, sender: Sender, now: datetime) -> list[str]:
    """Send it unless that was done, and store when it was taken. Returns the error if it was not."""
    if getattr(today, f"{name}_at"):
        return []
    message = HeadMessage(
        console=settings.PUBLIC_URL,
        day=today.day,
        number=today.number,
        hash=today.hash,
        acts=today.acts,
        at=today.at,
        restores=RestoreRecord.objects.count(),
    )
    try:
        sender(message)
    except NotSent as error:
        logger.error("head of the sign-offs not sent by %s: %s", name, error, extra={"head": str(message)})
        return [f"{name}: {error}"]
    except Exception as error:
        # The other one is tried nevertheless. Its text is not stored: it may quote a secret of the settings.
        logger.exception("head of the sign-offs not sent by %s", name, extra={"head": str(message)})
        return [f"{name}: {type(error).__name__}, see the log"]
    setattr(today, f"{name}_at", now)
    today.save(update_fields=[f"{name}_at"])
    return []


def _day(now: datetime) -> date:
    return now.astimezone(UTC).date()
