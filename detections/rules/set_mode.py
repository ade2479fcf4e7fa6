"""Changes of a rule's mode: arm, draft, shadow, mute, retire. Each but muting ends its mute."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from detections.rules.evaluation.on_arrival import judge_now
from detections.rules.lifecycle.mute import mute, unmute
from detections.rules.models import Rule
from opsconsole.accounts.models import User

HOUR = timedelta(hours=1)
MUTE_REASON = "Muted for an hour on the rule's page"


class NothingToArm(Exception):
    """The rule has no version yet, so that nothing can be judged."""


@transaction.atomic
def arm(rule: Rule, now: datetime, by: User | None = None) -> None:
    """Makes the rule active (dormant while prerequisites are unmet) and judges the running minute at once.

    Raises NothingToArm for a rule without a version.
    """
    if rule.current_id is None:
        raise NothingToArm(f"{rule} has no version yet: save its content first.")
    _set(rule, Rule.Mode.ACTIVE, now, by)
    judge_now(rule.identifier, now)


def to_draft(rule: Rule, now: datetime, by: User | None = None) -> None:
    """Stops judging the rule; its open alerts resolve with that reason."""
    _set(rule, Rule.Mode.DRAFT, now, by)


def to_shadow(rule: Rule, now: datetime, by: User | None = None) -> None:
    """Judges and records the rule without alerts."""
    _set(rule, Rule.Mode.SHADOW, now, by)


def mute_for(rule: Rule, now: datetime, length: timedelta, *, reason: str, by: User | None = None) -> None:
    """Hides the messages of the rule's alerts for so long by a silence of its own.

    Raises NothingToArm for a rule without a version.
    """
    if rule.current_id is None:
        raise NothingToArm(f"{rule} has no version yet: save its content first.")
    mute(rule, now, length, reason=reason, by=by)


def mute_for_an_hour(rule: Rule, now: datetime, by: User | None = None) -> None:
    """As `mute_for`, with its own reason."""
    mute_for(rule, now, HOUR, reason=MUTE_REASON, by=by)


def retire(rule: Rule, now: datetime, by: User | None = None) -> None:
    """Stops judging the rule and keeps its history."""
    _set(rule, Rule.Mode.RETIRED, now, by)


@transaction.atomic
def _set(rule: Rule, mode: Rule.Mode, now: datetime, by: User | None) -> None:
    Rule.objects.select_for_update().only("pk").get(pk=rule.pk)  # before the silence, as muting locks them
    unmute(rule, now, by=by)
    rule.mode = mode
    rule.save(update_fields=["mode"])
