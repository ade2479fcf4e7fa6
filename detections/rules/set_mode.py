"""Changes of a rule's mode: arm, draft, shadow, mute, retire."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from detections.rules.evaluation.on_arrival import judge_now
from detections.rules.models import Rule

MUTE = timedelta(hours=1)


class NothingToArm(Exception):
    """The rule has no version yet, so that nothing can be judged."""


@transaction.atomic
def arm(rule: Rule, now: datetime) -> None:
    """Makes the rule active (dormant while prerequisites are unmet) and judges the running minute at once.

    Raises NothingToArm for a rule without a version.
    """
    if rule.current_id is None:
        raise NothingToArm(f"{rule} has no version yet: save its content first.")
    _set(rule, Rule.Mode.ACTIVE)
    judge_now(rule.identifier, now)


def to_draft(rule: Rule) -> None:
    """Stops judging the rule; its open alerts resolve with that reason."""
    _set(rule, Rule.Mode.DRAFT)


def to_shadow(rule: Rule) -> None:
    """Judges and records the rule without alerts."""
    _set(rule, Rule.Mode.SHADOW)


def mute(rule: Rule, now: datetime, length: timedelta = MUTE) -> None:
    """Judges the rule in shadow for `length`; afterwards it is active by itself."""
    _set(rule, Rule.Mode.MUTED, now + length)


def retire(rule: Rule) -> None:
    """Stops judging the rule and keeps its history."""
    _set(rule, Rule.Mode.RETIRED)


def _set(rule: Rule, mode: Rule.Mode, until: datetime | None = None) -> None:
    rule.mode, rule.muted_until = mode, until
    rule.save(update_fields=["mode", "muted_until"])
