"""What people do to a rule as a whole: arm it, put it back to draft, mute it, retire it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from detections.rules.evaluation.on_arrival import judge_now
from detections.rules.models import Rule

MUTE = timedelta(hours=1)


class NothingToArm(Exception):
    """The rule has no version yet: there is nothing that could be judged."""


@transaction.atomic
def arm(rule: Rule, now: datetime) -> None:
    """Active from now on (dormant while its prerequisites are unmet); what is there already is judged at once.

    Raises NothingToArm for a rule without a version.
    """
    if rule.current_id is None:
        raise NothingToArm(f"{rule} has no version yet: save its content first.")
    _set(rule, Rule.Mode.ACTIVE)
    judge_now(rule.identifier, now)


def to_draft(rule: Rule) -> None:
    """Judged no more; its open alerts resolve with that reason."""
    _set(rule, Rule.Mode.DRAFT)


def to_shadow(rule: Rule) -> None:
    """Judged and recorded, nobody is told."""
    _set(rule, Rule.Mode.SHADOW)


def mute(rule: Rule, now: datetime, length: timedelta = MUTE) -> None:
    """Judged in shadow until then; afterwards active by itself."""
    _set(rule, Rule.Mode.MUTED, now + length)


def retire(rule: Rule) -> None:
    """Kept with its history, judged no more."""
    _set(rule, Rule.Mode.RETIRED)


def _set(rule: Rule, mode: Rule.Mode, until: datetime | None = None) -> None:
    rule.mode, rule.muted_until = mode, until
    rule.save(update_fields=["mode", "muted_until"])
