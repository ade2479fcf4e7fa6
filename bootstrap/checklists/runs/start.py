"""Starts a run as a person asks for it, with its owner and due date."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from bootstrap.checklists.models import ChecklistVersion, Run
from bootstrap.checklists.plans.assign import PlanChange, assign
from bootstrap.checklists.runs.open_run import open_run
from bootstrap.systems.models import Environment
from opsconsole.accounts.models import User


@transaction.atomic
def start(
    version: ChecklistVersion,
    environment: Environment,
    by: User,
    now: datetime,
    subject: str,
    plan: PlanChange,
    actor: str = "",
) -> Run:
    """Open the run and set the owner and the due date of the whole of it: all of it, or nothing where one is refused.

    `actor` names who did it, where that is not the user alone (a token). Raises what `open_run` and `assign` do.
    """
    run = open_run(version, environment, by, subject=subject)
    if plan.owner or plan.due_on:
        assign(run, [None], plan, by, now, actor=actor)
    return run
