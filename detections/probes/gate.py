"""The gate of a target: whether its rollout may go on. It is open, or closed with reasons; people freeze and let go."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from detections.probes.models import ProbeCheck, ProbeFreeze, ProbeRun, ProbeTarget
from detections.probes.newest import LONG, newest_of_each
from detections.probes.program import NO_RUN, probe
from opsconsole.accounts.models import User
from opsconsole.lib.db.storable import NO_TEXT, storable
from opsconsole.lib.text.humanize import utc

STALE_INTERVALS = 3  # without a run that is done, what the last one said is no longer known to hold
REASON_LENGTH = 300


class FreezeRefused(ValueError):
    """The reason is missing or too long; the text says what is allowed."""


class FreezeConflict(FreezeRefused):
    """It is frozen already, or not frozen: somebody was first. The text says who."""


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
    return gates_of([target], now)[target.pk]


def gates_of(targets: Iterable[ProbeTarget], now: datetime) -> dict[int, GateState]:
    """The gates by the target's id, in three queries, however many targets and runs there are. A gate's run comes
    without its reports."""
    targets = list(targets)
    freezes = {row.target_id: row for row in newest_of_each(ProbeFreeze.objects.all(), targets)}
    done = ProbeRun.objects.filter(state=ProbeRun.State.DONE).defer(*LONG).prefetch_related("checks")
    runs = {run.target_id: run for run in newest_of_each(done, targets, "-finished_at")}
    checks = {pk: run.checks.all() for pk, run in runs.items()}
    return {
        target.pk: judged(target, freezes.get(target.pk), runs.get(target.pk), checks.get(target.pk, ()), now)
        for target in targets
    }


def judged(
    target: ProbeTarget, last: ProbeFreeze | None, run: ProbeRun | None, checks: Iterable[ProbeCheck], now: datetime
) -> GateState:
    """The gate from the newest row of freezes and the newest run that is done, with its checks (pure)."""
    freeze = last if last and last.frozen else None
    return GateState((*_frozen(freeze), *_checks(checks), *_stale(target, run, now)), run, freeze)


def freeze(target: ProbeTarget, user: User, reason: str, now: datetime, actor: str = "") -> ProbeFreeze:
    """Close the gate until somebody lets it go. `actor` is the name for the trail, empty: the user's. Raises
    FreezeRefused, FreezeConflict."""
    return _change(target, True, user, reason, now, actor)


def unfreeze(target: ProbeTarget, user: User, reason: str, now: datetime, actor: str = "") -> ProbeFreeze:
    """Take a person's freeze back; what the checks say holds all the same. Raises FreezeRefused, FreezeConflict."""
    return _change(target, False, user, reason, now, actor)


@transaction.atomic
def _change(target: ProbeTarget, frozen: bool, user: User, reason: str, now: datetime, actor: str) -> ProbeFreeze:
    """Two people at once: the lock of the target lets the second see what the first did."""
    reason = reason.strip()
    if not reason or len(reason) > REASON_LENGTH:
        raise FreezeRefused(f"Give a reason of 1 to {REASON_LENGTH} characters.")
    if not storable(reason):
        raise FreezeRefused(f"The reason {NO_TEXT}.")
    ProbeTarget.objects.select_for_update(no_key=True).get(pk=target.pk)
    last = target.freezes.first()
    if bool(last and last.frozen) == frozen:
        since = f" since {utc(last.at)}, by {last.actor_name}: {last.reason}" if last and frozen else ""
        raise FreezeConflict(f"{target.name} is {'frozen already' if frozen else 'not frozen'}{since}.")
    return ProbeFreeze.objects.create(
        target=target,
        frozen=frozen,
        reason=reason,
        at=now,
        actor=user,
        actor_name=actor or user.get_full_name() or user.get_username(),
    )


def _frozen(freeze: ProbeFreeze | None) -> tuple[GateReason, ...]:
    if freeze is None:
        return ()
    return (GateReason("frozen", f"Frozen by {freeze.actor_name} at {utc(freeze.at)}: {freeze.reason}"),)


def _checks(checks: Iterable[ProbeCheck]) -> tuple[GateReason, ...]:
    found = [each for each in checks if each.triggered and each.severity == probe.HIGH]
    return tuple(GateReason("check", f"{each.check_id}: {each.note}", each.check_id) for each in found)


def _stale(target: ProbeTarget, run: ProbeRun | None, now: datetime) -> tuple[GateReason, ...]:
    bound = timedelta(minutes=STALE_INTERVALS * target.interval_minutes)
    if run and run.finished_at and run.finished_at >= now - bound:
        return ()
    last = f"the last one ended at {utc(run.finished_at)}" if run and run.finished_at else "there was none yet"
    off = "; the target is not probed by itself, since it is switched off" if not target.enabled else ""
    minutes = STALE_INTERVALS * target.interval_minutes
    return (GateReason(NO_RUN, f"No run ended within {minutes} minutes: {last}{off}."),)
