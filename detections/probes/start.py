"""Runs are queued here, by a person or by the schedule; the prober takes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, transaction

from detections.probes.models import ProbeRun, ProbeTarget
from opsconsole.accounts.models import User


class RunUnderWay(Exception):
    """Another run of the target waits or runs: one at a time, so that nobody's service gets twice the load."""


def start_now(target: ProbeTarget, user: User, now: datetime, actor: str = "") -> ProbeRun:
    """Queue a run that a person asked for. `actor` is the name for the run, empty: the user's. Raises RunUnderWay, and
    ProbeTarget.DoesNotExist for one that was removed in the meantime."""
    run = _insert(
        target,
        now,
        trigger=ProbeRun.Trigger.PERSON,
        actor=user,
        actor_name=actor or user.get_full_name() or user.get_username(),
        slot=None,
    )
    if run is None:
        ProbeTarget.objects.only("pk").get(pk=target.pk)
        raise RunUnderWay(f"A run of {target.name} waits or runs: wait for its end.")
    return run


def start_slot(target: ProbeTarget, now: datetime) -> ProbeRun | None:
    """Queue the run of the interval in which `now` lies. None where it has one, or where another run is under way: the
    next look finds the slot without a run and queues it then."""
    return _insert(target, now, trigger=ProbeRun.Trigger.SCHEDULE, slot=slot_of(target, now))


def slot_of(target: ProbeTarget, now: datetime) -> datetime:
    """The start of the interval in which `now` lies, counted from 1970, so that every process finds the same."""
    seconds = int(timedelta(minutes=target.interval_minutes).total_seconds())
    return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, UTC)


def _insert(target: ProbeTarget, now: datetime, **fields: object) -> ProbeRun | None:
    """The constraints decide: one run for a slot, one under way for a target."""
    try:
        with transaction.atomic():
            return ProbeRun.objects.create(target=target, queued_at=now, wanted=target.samples, **fields)
    except IntegrityError:
        return None
