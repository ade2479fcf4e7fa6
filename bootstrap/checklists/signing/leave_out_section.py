"""Marks what is open of a section as not applicable, for one reason."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from bootstrap.checklists.audit.append import ActRequest
from bootstrap.checklists.models import Item, Run, Section, SignOff
from bootstrap.checklists.queries import lock_chain, newest_sign_offs
from bootstrap.checklists.refusals import AlreadySigned, NothingToLeaveOut
from bootstrap.checklists.signing.sign import mark_not_applicable
from opsconsole.accounts.models import User


@transaction.atomic
def leave_out_section(run: Run, section: Section, by: User, at: datetime, note: str) -> list[Item]:
    """Mark the section's items as not applicable, except those that are done or waived. Returns those marked, in order.

    Raises NothingToLeaveOut where all are settled, and what `mark_not_applicable` raises.
    """
    lock_chain()  # before the acts are read, so that nobody signs in between
    items = list(section.items.order_by("order"))
    newest = newest_sign_offs([run.pk], [item.pk for item in items])
    marked = []
    for item in items:
        newest_act = newest.get((run.pk, item.pk))
        if newest_act and newest_act.act == SignOff.Act.WAIVED and not newest_act.lapsed(at):
            continue
        try:
            mark_not_applicable(ActRequest(run, item, by, at, newest_act.sequence if newest_act else 0, note=note))
        except AlreadySigned:  # done, or left out together with its partner
            continue
        marked.append(item)
    if not marked:
        raise NothingToLeaveOut(section)
    return marked
