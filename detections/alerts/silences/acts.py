"""Making, changing and ending silences. Who does it has the permission to act on alerts: the callers check that."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from detections.alerts.delivery_models import Delivery
from detections.alerts.silences.draft import REASON_LENGTH, SilenceDraft
from detections.rules.lifecycle import mute
from detections.rules.silence_models import Silence
from opsconsole.accounts.models import User
from opsconsole.lib.text.secrets import scrub_text


class SilenceConflict(Exception):
    """The silence has changed meanwhile, or is over. `silence` is as it is now; `message` is a sentence for people."""

    def __init__(self, silence: Silence, message: str) -> None:
        super().__init__(message)
        self.silence = silence
        self.message = message


def create(draft: SilenceDraft, now: datetime, *, by: User, actor: str) -> Silence:
    """Keeps a new silence of a draft without problems. `actor` is the name of the person or token."""
    return Silence.objects.create(created_at=now, created_by=by, created_by_name=actor, **_values(draft))


@transaction.atomic
def change(pk: int, draft: SilenceDraft, now: datetime, *, seen: int | None) -> Silence:
    """Gives a silence that is not over the values of the draft; of a rule's mute only end and reason change.

    `seen` is the revision that the person saw; None accepts any. Raises Silence.DoesNotExist and SilenceConflict.
    """
    silence = _locked(pk, now, seen)
    values = _values(draft)
    if silence.rule_id is not None:
        values = {name: values[name] for name in ("ends_at", "reason")}
    for name, value in values.items():
        setattr(silence, name, value)
    silence.revision += 1
    silence.save()
    _wake(silence, now)
    return silence


@transaction.atomic
def end(pk: int, now: datetime, *, by: User, actor: str, seen: int | None = None) -> Silence:
    """Ends a silence; what it held back is due. Raises Silence.DoesNotExist and SilenceConflict."""
    silence = _locked(pk, now, seen)
    mute.end(silence, now, by=by, by_name=actor)
    _wake(silence, now)
    return silence


def _locked(pk: int, now: datetime, seen: int | None) -> Silence:
    silence = Silence.objects.select_for_update(of=("self",)).get(pk=pk)
    if silence.status(now) == "ended":
        ended = f"{silence.ended_by_name or 'The console'} ended it" if silence.ended_at else "It ended"
        raise SilenceConflict(silence, f"{ended} already. Make a new one.")
    if seen is not None and seen != silence.revision:
        raise SilenceConflict(silence, "It changed since you saw it; look at it again.")
    return silence


def _wake(silence: Silence, now: datetime) -> None:
    """Messages that it holds back are looked at again, at once."""
    held = Delivery.objects.filter(silence=silence, status=Delivery.Status.SUPPRESSED, next_attempt_at__gt=now)
    held.update(next_attempt_at=now)


def _values(draft: SilenceDraft) -> dict[str, object]:
    window = draft.window
    return {
        "matchers": {key: list(words) for key, words in draft.matchers.items()},
        "starts_at": draft.starts_at,
        "ends_at": draft.ends_at,
        "reason": scrub_text(draft.reason.strip())[:REASON_LENGTH],
        "weekdays": sorted(window.weekdays) if window else [],
        "window_start": window.start if window else "",
        "window_end": window.end if window else "",
        "zone": window.zone if window else "",
    }
