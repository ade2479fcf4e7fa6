"""The gate of a target: whether its rollout may go on. It is open, or closed with reasons; people freeze and let go."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import OuterRef, Subquery

from detections.probes.models import ProbeFreeze, ProbeRun, ProbeTarget
from detections.probes.program import probe
from opsconsole.accounts.models import User
from opsconsole.lib.text.humanize import utc

STALE_INTERVALS = 3  # without a run that is done, what the last one said is no longer known to hold
REASON_LENGTH = 300


class FreezeRefused(ValueError):
    """It is frozen already, or not frozen, or the reason is missing. The text says which."""


@dataclass(frozen=True)
class GateReason:
    """Why a gate is closed. `code`: `frozen`, `check` or `no_run`; `check`: the high check that triggered."""

    code: str
    sentence: str
    check: str = ""


@dataclass(frozen=True)
class GateState:
    """A gate at a time. `run` is the newest one that is done, `freeze` the row that holds, if it is frozen."""

    reasons: tuple[GateReason, ...]
    run: ProbeRun | None
    freeze: ProbeFreeze | None

    @property
    def is_open(self) -> bool:
        return not self.reasons


def gate_of(target: ProbeTarget, now: datetime) -> GateState:
    """Three queries."""
    run = target.runs.filter(state=ProbeRun.State.DONE).prefetch_related("checks").order_by("-finished_at").first()
    return _state(target, run, target.freezes.first(), now)


def gates_of(targets: Collection[ProbeTarget], now: datetime) -> dict[int, GateState]:
    """By id, the gates of all of them. Three queries."""
    done = ProbeRun.objects.filter(target=OuterRef("pk"), state=ProbeRun.State.DONE).order_by("-finished_at")
    newest = ProbeFreeze.objects.filter(target=OuterRef("pk")).order_by("-pk")
    found = ProbeTarget.objects.filter(pk__in=[each.pk for each in targets]).order_by().values("pk")
    runs = ProbeRun.objects.filter(pk__in=found.annotate(run=Subquery(done.values("pk")[:1])).values("run"))
    freezes = ProbeFreeze.objects.filter(
        pk__in=found.annotate(freeze=Subquery(newest.values("pk")[:1])).values("freeze")
    )
    last_run = {run.target_id: run for run in runs.defer("report", "markdown").prefetch_related("checks")}
    last_freeze = {each.target_id: each for each in freezes}
    return {each.pk: _state(each, last_run.get(each.pk), last_freeze.get(each.pk), now) for each in targets}


def _state(target: ProbeTarget, run: ProbeRun | None, last: ProbeFreeze | None, now: datetime) -> GateState:
    freeze = last if last and last.frozen else None
    return GateState((*_frozen(freeze), *_checks(run), *_stale(target, run, now)), run, freeze)


def freeze(target: ProbeTarget, user: User, reason: str, now: datetime) -> ProbeFreeze:
    """Close the gate until somebody lets it go. Raises FreezeRefused."""
    return _change(target, True, user, reason, now)


def unfreeze(target: ProbeTarget, user: User, reason: str, now: datetime) -> ProbeFreeze:
    """Take a person's freeze back; what the checks say holds all the same. Raises FreezeRefused."""
    return _change(target, False, user, reason, now)


@transaction.atomic
def _change(target: ProbeTarget, frozen: bool, user: User, reason: str, now: datetime) -> ProbeFreeze:
    """Two people at once: the lock of the target lets the second see what the first did."""
    reason = reason.strip()
    if not reason or len(reason) > REASON_LENGTH:
        raise FreezeRefused(f"Give a reason of 1 to {REASON_LENGTH} characters.")
    ProbeTarget.objects.select_for_update().get(pk=target.pk)
    last = target.freezes.first()
    if bool(last and last.frozen) == frozen:
        since = f" since {utc(last.at)}, by {last.actor_name}: {last.reason}" if last and frozen else ""
        raise FreezeRefused(f"{target.name} is {'frozen already' if frozen else 'not frozen'}{since}.")
    return ProbeFreeze.objects.create(
        target=target,
        frozen=frozen,
        reason=reason,
        at=now,
        actor=user,
        actor_name=user.get_full_name() or user.get_username(),
    )


def _frozen(freeze: ProbeFreeze | None) -> tuple[GateReason, ...]:
    if freeze is None:
        return ()
    return (GateReason("frozen", f"Frozen by {freeze.actor_name} at {utc(freeze.at)}: {freeze.reason}"),)


def _checks(run: ProbeRun | None) -> tuple[GateReason, ...]:
    found = [each for each in run.checks.all() if each.triggered and each.severity == probe.HIGH] if run else []
    return tuple(GateReason("check", f"{each.check_id}: {each.note}", each.check_id) for each in found)


def _stale(target: ProbeTarget, run: ProbeRun | None, now: datetime) -> tuple[GateReason, ...]:
    bound = timedelta(minutes=STALE_INTERVALS * target.interval_minutes)
    if run and run.finished_at and run.finished_at >= now - bound:
        return ()
    last = f"the last one ended at {utc(run.finished_at)}" if run and run.finished_at else "there was none yet"
    off = "; the target is not probed by itself, since it is switched off" if not target.enabled else ""
    minutes = STALE_INTERVALS * target.interval_minutes
    return (GateReason("no_run", f"No run ended within {minutes} minutes: {last}{off}."),)
