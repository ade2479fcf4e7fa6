"""Leaves out a whole section of a run: every item of it that nobody has settled, in one go and for one reason."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from bootstrap.checklists.audit.append import Request
from bootstrap.checklists.models import Item, Run, Section, SignOff
from bootstrap.checklists.queries import lock_chain, newest_sign_offs
from bootstrap.checklists.refusals import AlreadySigned, NothingToLeaveOut
from bootstrap.checklists.signing.sign import mark_not_applicable
from opsconsole.accounts.models import User


@transaction.atomic
def leave_out_section(run: Run, section: Section, by: User, at: datetime, note: str) -> list[Item]:
    """Mark the section's items as not applicable, but for those done or waived; returns those marked, in order.

    Raises NothingToLeaveOut, and what `mark_not_applicable` raises.
    """
    lock_chain()  # before what stands is read: nobody signs in between
    items = list(section.items.order_by("order"))
    newest = newest_sign_offs([run.pk], [item.pk for item in items])
    marked = []
    for item in items:
        before = newest.get((run.pk, item.pk))
        if before and before.act == SignOff.Act.WAIVED and not before.lapsed(at):
            continue
        try:
            mark_not_applicable(Request(run, item, by, at, before.sequence if before else 0, note=note))
        except AlreadySigned:  # done, or left out with its other half
            continue
        marked.append(item)
    if not marked:
        raise NothingToLeaveOut(section)
    return marked
