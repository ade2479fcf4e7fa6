"""Opens runs, and moves them to a newer version of their checklist."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from bootstrap.checklists.audit.append import ActRequest, NewAct, append
from bootstrap.checklists.models import Checklist, ChecklistVersion, Item, Run, SignOff
from bootstrap.checklists.plans.assign import carry_over
from bootstrap.checklists.prerequisites_changed import judge_soon, recheck_soon
from bootstrap.checklists.queries import acts_by_item, lock_chain
from bootstrap.checklists.refusals import AlreadyOpen, RunClosed, SubjectMissing
from bootstrap.checklists.signing.signers import describe_newest
from bootstrap.checklists.version_changes import compare
from bootstrap.checklists.version_queries import wordings
from bootstrap.systems.models import Environment
from opsconsole.accounts.models import User

PERMISSION = "bootstrap.add_run"


def open_run(
    version: ChecklistVersion, environment: Environment, by: User, continues: Run | None = None, subject: str = ""
) -> Run:
    """A new run pinned to `version`. `subject` is what it is about, `continues` the run that it takes the place of.

    Raises AlreadyOpen where a run of the checklist on the same subject is open in the environment; SubjectMissing for
    a review without one; PermissionDenied.
    """
    _may(by)
    about = subject.strip()
    if not about and version.checklist.kind == Checklist.Kind.REVIEW:
        raise SubjectMissing(version)
    return insert_run(version, environment, subject=about, started_by=by, continues=continues)


def insert_run(version: ChecklistVersion, environment: Environment, subject: str, **fields: Any) -> Run:
    """A run as a row, whoever opens it; `fields` are further ones of its model. Raises AlreadyOpen."""
    try:
        with transaction.atomic():
            return Run.objects.create(
                version=version, checklist=version.checklist, environment=environment, subject=subject, **fields
            )
    except IntegrityError:
        raise AlreadyOpen(version, environment, subject) from None


@transaction.atomic
def move_run(run: Run, version: ChecklistVersion, by: User, now: datetime) -> Run:
    """Close `run` and open one of `version` with the sign-offs of the items that are the same in both, and
    the owners and due dates of those that have the same key.

    Each sign-off that is carried over is a new row by whoever moves the run; its evidence names the original act. The
    first of two signatures is not carried over: it would count as the mover's, and its signer could sign a second time.
    Raises RunClosed, AlreadyOpen; PermissionDenied.
    """
    _may(by)
    lock_chain()
    if Run.objects.filter(pk=run.pk, closed_at__isnull=False).exists():
        raise RunClosed(run)
    Run.objects.filter(pk=run.pk).update(closed_at=now, closed_by=by, outcome=Run.Outcome.MOVED)
    following = open_run(version, run.environment, by, run, run.subject)
    if run.schedule_id:  # after the line before: one run of a period
        Run.objects.filter(pk=following.pk).update(schedule=run.schedule_id, period=run.period, skipped=run.skipped)
    _take_over(run, following, by, now)
    carry_over(run, following)
    transaction.on_commit(judge_soon)
    transaction.on_commit(recheck_soon)  # what was overdue is so in the new run now
    return following


def _take_over(run: Run, following: Run, by: User, now: datetime) -> None:
    same = compare(wordings(run.version_id), wordings(following.version_id)).same
    old = dict(Item.objects.filter(section__version=run.version_id, key__in=same).values_list("key", "pk"))
    new = {item.key: item for item in Item.objects.filter(section__version=following.version_id, key__in=same)}
    acts = acts_by_item(run)
    signed = [(new[key], acts[old[key]]) for key in same if old[key] in acts]
    append(_taken_over(following, item, on_it, by, now) for item, on_it in signed if _is_carried_over(on_it[-1], now))


def _is_carried_over(act: SignOff, now: datetime) -> bool:
    return act.act not in (SignOff.Act.UNDONE, SignOff.Act.SIGNED) and not act.lapsed(now)


def _taken_over(run: Run, item: Item, acts: Sequence[SignOff], by: User, now: datetime) -> NewAct:
    """The newest of `acts` again, on the item of the newer version."""
    act = acts[-1]
    note = f"Taken over from version {act.run.version.number}: {describe_newest(acts)}. {act.note}".strip()
    evidence = {**act.evidence, "taken_over_from": act.pk}
    request = ActRequest(run, item, by, now, None, act.answer, note, evidence, act.review_by)
    return NewAct(request, None, SignOff.Act(act.act))


def _may(by: User) -> None:
    if not by.has_perm(PERMISSION):
        raise PermissionDenied(f"{by} may not open runs")
