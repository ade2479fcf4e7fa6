"""A high check opens its target's checklist in the target's environment: one at a time, signed by people.

A run that is done says itself that it wants one (`checklist_due`), in the transaction that judged it; here the
checklist's run takes the place of that mark. A later high check refers to the run that is still open.
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction

from bootstrap.checklists.models import ChecklistVersion, Run
from bootstrap.checklists.refusals import Refusal
from bootstrap.checklists.runs.open_run import insert_run
from detections.probes.models import ProbeRun, ProbeTarget
from detections.probes.program import probe

logger = logging.getLogger(__name__)

BATCH = 100
NAMED = 3  # checks in the subject of a run; its page and the probe's have all


class NoChecklist(ValueError):
    """Why none is opened, for the run's page, with what to do."""


def open_checklists(now: datetime) -> int:
    """Opens the checklists that runs ask for, each in a transaction of its own; returns how many. One query where none
    does."""
    due = ProbeRun.objects.filter(checklist_due=True).order_by("pk").values_list("pk", flat=True)
    opened = 0
    for pk in list(due[:BATCH]):
        try:
            opened += _follow(pk)
        except Exception:
            logger.exception("the checklist of the probe's run %s was not opened; the next look tries again", pk)
    return opened


@transaction.atomic
def _follow(pk: int) -> bool:
    """Whether a checklist was opened. What another worker has in hand, or has done, is left alone."""
    due = ProbeRun.objects.filter(pk=pk, checklist_due=True)
    run = due.select_for_update(skip_locked=True, no_key=True, of=("self",)).first()
    if run is None:
        return False
    # Of two runs of a target the second sees what the first one opened.
    targets = ProbeTarget.objects.select_for_update(no_key=True, of=("self",))
    target = targets.select_related("project_environment__environment").get(pk=run.target_id)
    found, opened, note = open_one(target), False, ""
    if found is None:
        try:
            found, opened = _open(target, run), True
        except (NoChecklist, Refusal) as refused:
            note = str(refused)
            logger.warning("no checklist was opened for run %s of the probe %s: %s", pk, target.slug, note)
    ProbeRun.objects.filter(pk=pk).update(checklist_run=found, checklist_note=note, checklist_due=False)
    return opened


def open_one(target: ProbeTarget) -> Run | None:
    """The run of a checklist that the target opened, and that is open, or the one that goes on for it in a newer
    version; None where there is none. With what its address needs. One query, one more for each newer version.

    It is known by the name of its opener: the probe's run that opened it is deleted when it is old."""
    place = "environment__system"
    opened = Run.objects.select_related(place).filter(opened_by_name=_opener(target), started_by=None)
    found = opened.order_by("-pk").first()
    while found is not None and found.closed_at is not None:
        found = Run.objects.select_related(place).filter(continues=found).first()
    return found


def _open(target: ProbeTarget, run: ProbeRun) -> Run:
    """Raises NoChecklist; AlreadyOpen where people opened one with the very subject."""
    slug, place = target.opens_checklist, target.project_environment
    if place.environment is None:
        raise NoChecklist(
            f"No checklist was opened: {place} is of no environment of a system. Link it to one, as the overview "
            "offers under its blind spots; the next high check opens one there."
        )
    versions = ChecklistVersion.objects.filter(checklist__slug=slug).select_related("checklist")
    version = versions.order_by("-number").first()
    if version is None:
        raise NoChecklist(
            f"No checklist was opened: there is none named {slug!r}. Import its runbook, or name another at the target."
        )
    return insert_run(version, place.environment, subject=_subject(target, run), opened_by_name=_opener(target))


def _opener(target: ProbeTarget) -> str:
    """Its slug stays as it is, and names no other target while it is there."""
    return f"the probe {target.slug}"


def _subject(target: ProbeTarget, run: ProbeRun) -> str:
    """`aurora-rollout: meta_missing in run 42`."""
    checks = list(run.checks.filter(triggered=True, severity=probe.HIGH).values_list("check_id", flat=True))
    named = ", ".join(checks[:NAMED]) + (f" and {len(checks) - NAMED} more" if len(checks) > NAMED else "")
    return f"{target.name}: {named} in run {run.pk}"
