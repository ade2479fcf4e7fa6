"""Opens runs, and moves them to a newer version of their checklist."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from bootstrap.checklists.announce import judge_soon
from bootstrap.checklists.changes import compare
from bootstrap.checklists.models import Checklist, ChecklistVersion, Item, Run, SignOff
from bootstrap.checklists.queries import lock_chain, newest_sign_offs, wordings
from bootstrap.checklists.refusals import AlreadyOpen, RunClosed, SubjectMissing
from bootstrap.checklists.sign import Request, append
from bootstrap.systems.models import Environment
from opsconsole.accounts.models import User

PERMISSION = "bootstrap.add_run"


def open_run(
    version: ChecklistVersion, environment: Environment, by: User, continues: Run | None = None, subject: str = ""
) -> Run:
    """A new run pinned to `version`, about `subject` (a review's pull request), which goes on from `continues`.

    Raises AlreadyOpen where one is open about the same; SubjectMissing; PermissionDenied.
    """
    _may(by)
    about = subject.strip()
    if not about and version.checklist.kind == Checklist.Kind.REVIEW:
        raise SubjectMissing(version)
    try:
        with transaction.atomic():
            return Run.objects.create(
                version=version, environment=environment, subject=about, started_by=by, continues=continues
            )
    except IntegrityError:
        raise AlreadyOpen(version, environment, about) from None


@transaction.atomic
def move_run(run: Run, version: ChecklistVersion, by: User, now: datetime) -> Run:
    """Go on with another version: a new run takes over the sign-offs of items that are the same, the old one closes.

    Taken-over acts are new rows by the mover that name the act they stand for. Raises RunClosed, AlreadyOpen;
    PermissionDenied.
    """
    _may(by)
    lock_chain()
    if Run.objects.filter(pk=run.pk, closed_at__isnull=False).exists():
        raise RunClosed(run)
    following = open_run(version, run.environment, by, run, run.subject)
    Run.objects.filter(pk=run.pk).update(closed_at=now)
    _take_over(run, following, by, now)
    transaction.on_commit(judge_soon)
    return following


def _take_over(run: Run, following: Run, by: User, now: datetime) -> None:
    same = compare(wordings(run.version_id), wordings(following.version_id)).same
    old = {item.key: item for item in Item.objects.filter(section__version=run.version_id, key__in=same)}
    new = {item.key: item for item in Item.objects.filter(section__version=following.version_id, key__in=same)}
    acts = newest_sign_offs([run.pk], [item.pk for item in old.values()])
    for key in same:
        act = acts.get((run.pk, old[key].pk))
        if act and act.act != SignOff.Act.UNDONE and not act.lapsed(now):
            note = f"Taken over from version {run.version.number}: {act.told()}. {act.note}".strip()
            evidence = {**act.evidence, "taken_over_from": act.pk}
            request = Request(following, new[key], by, now, note=note, evidence=evidence, review_by=act.review_by)
            append(request, None, SignOff.Act(act.act))


def _may(by: User) -> None:
    if not by.has_perm(PERMISSION):
        raise PermissionDenied(f"{by} may not open runs")
