"""What an alert was, said by a person once it has ended: a true positive, a false positive and why, or expected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction

from detections.alerts.handling.acknowledge import Conflict, append, lock, name_of
from detections.alerts.models import Alert, AlertLog
from opsconsole.accounts.models import User
from opsconsole.lib.db.storable import storable
from opsconsole.lib.text.secrets import scrub_text

CHANGED = "It changed since you saw it; look at it again and then judge it."
FIELDS = ("disposition", "disposition_why", "revision")
WHY_LENGTH = Alert._meta.get_field("disposition_why").max_length or 0


class DispositionError(ValueError):
    """The disposition or its reason cannot be taken; the text is a sentence that says why."""


def set_disposition(
    alert_id: int,
    by: User,
    now: datetime,
    *,
    disposition: str,
    why: str = "",
    seen: int | None = None,
    actor: str = "",
) -> Alert:
    """Sets the disposition of a resolved alert as `by`; '' takes it back. Each change is a row of the log; the same
    again is none. `seen` and `actor` as in `acknowledge`. Raises DispositionError, Alert.DoesNotExist, and Conflict
    where the alert is not resolved or has changed since `seen`."""
    why = _checked(disposition, why)
    with transaction.atomic():
        alert = lock(alert_id)
        if alert.status != Alert.Status.RESOLVED:
            raise Conflict(alert, f"Only a resolved alert can be judged; it is {alert.status}.")
        old = (alert.disposition, alert.disposition_why)
        if old == (disposition, why):
            return alert
        if seen is not None and seen != alert.revision:
            raise Conflict(alert, CHANGED)
        _write(alert, disposition, why)
        append(alert, now, "disposition", actor=actor or name_of(by), by=by, old=old[0], new=disposition, why=why)
    return alert


def set_dispositions(
    alerts: Iterable[Alert], said: Mapping[int, tuple[str, str]], by: User, now: datetime, *, actor: str
) -> None:
    """Sets the first disposition of several resolved alerts, which the caller has locked and read since: by id what
    each was, and why. Two queries, however many. Raises DispositionError, whose text begins with the alert."""
    changed, log = [], []
    for alert in alerts:
        disposition, why = said[alert.pk]
        try:
            why = _checked(disposition, why)
        except DispositionError as error:
            raise DispositionError(f"{alert}: {error}") from None
        words = {"kind": "disposition", "old": alert.disposition, "new": disposition, "why": why}
        log.append(AlertLog(alert=alert, at=now, actor=by, actor_name=actor, **words))
        _set(alert, disposition, why)
        changed.append(alert)
    Alert.objects.bulk_update(changed, FIELDS)
    AlertLog.objects.bulk_create(log)


def _write(alert: Alert, disposition: str, why: str) -> None:
    _set(alert, disposition, why)
    alert.save(update_fields=FIELDS)


def _set(alert: Alert, disposition: str, why: str) -> None:
    alert.disposition, alert.disposition_why = disposition, why
    alert.revision += 1
    alert.changed = True


def _checked(disposition: str, why: str) -> str:
    """The reason as it is stored: on one line, without secrets. Raises DispositionError."""
    why = " ".join(why.split())
    if disposition and disposition not in Alert.Disposition.values:
        raise DispositionError(f"disposition: one of {', '.join(Alert.Disposition.values)}, or empty to take it back.")
    if disposition == Alert.Disposition.FALSE_POSITIVE and not why:
        raise DispositionError("why: say why it was a false positive, so that the rule can be mended.")
    if len(why) > WHY_LENGTH:
        raise DispositionError(f"why: at most {WHY_LENGTH} characters.")
    if not storable(why):
        raise DispositionError("why: without NUL and lone surrogates.")
    return scrub_text(why)[:WHY_LENGTH]
