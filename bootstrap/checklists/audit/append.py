"""Appends acts to the chain of sign-offs: each row has the hash of the row before it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any

from django.db import transaction

from bootstrap.checklists.audit.hash_chain import HashedAct
from bootstrap.checklists.audit.note_head import head_at, keep
from bootstrap.checklists.models import Item, Run, SignOff
from bootstrap.checklists.prerequisites_changed import judge_soon, recheck_soon
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from opsconsole.lib.web.attachments import Attachment

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ActRequest:
    """An act that a person asks for on an item.

    `seen` is the number of acts on the item that the person saw, None to skip the check. `answer` is that to a question
    (`SignOff.Answer`), `review_by` the last day of a waiver, `file` evidence beside what `evidence` names.
    """

    run: Run
    item: Item
    by: User
    at: datetime
    seen: int | None = None
    answer: str = ""
    note: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    review_by: date | None = None
    file: Attachment | None = None


@dataclass(frozen=True)
class NewAct:
    """An act to append: what was asked for, the newest act on the item so far, and the kind of act."""

    request: ActRequest
    newest: SignOff | None
    act: SignOff.Act


def append(acts: Iterable[NewAct]) -> list[SignOff]:
    """Insert the acts at the end of the chain, in order, and return their rows. Two statements, however many acts.

    Call with the chain locked (`queries.lock_chain`). After the commit, rules and config health are judged again.
    """
    previous = SignOff.objects.order_by("-pk").values_list("hash", flat=True).first() or ""
    rows = []
    for act in acts:
        rows.append(_row(act, _hashed(act, previous)))
        previous = rows[-1].hash
    made = SignOff.objects.bulk_create(rows)
    if made:
        transaction.on_commit(partial(_note_head, made[-1], len(made)))
        transaction.on_commit(judge_soon)
        transaction.on_commit(recheck_soon)
    return made


def _hashed(act: NewAct, previous: str) -> HashedAct:
    request = act.request
    return HashedAct(
        run=request.run.pk,
        item=request.item.pk,
        key=request.item.key,
        text=request.item.text,
        wording=request.run.version.content_hash,
        sequence=act.newest.sequence + 1 if act.newest else 1,
        act=act.act.value,
        by=request.by.pk,
        at=request.at,
        note=request.note.strip(),
        evidence=dict(request.evidence),
        previous=previous,
        review_by=request.review_by,
        by_name=request.by.get_username(),
        answer=request.answer,
    )


def _row(act: NewAct, hashed: HashedAct) -> SignOff:
    """The row of an act: every field that is hashed has the value that was hashed."""
    return SignOff(
        run=act.request.run,
        item=act.request.item,
        sequence=hashed.sequence,
        act=act.act,
        by=act.request.by,
        by_name=hashed.by_name,
        at=hashed.at,
        answer=hashed.answer,
        note=hashed.note,
        evidence=hashed.evidence,
        review_by=hashed.review_by,
        previous_hash=hashed.previous,
        hash=hashed.digest(),
    )


def _note_head(last: SignOff, count: int) -> None:
    """Write the chain's newest hash where the database's owner has to change it too: to the log and to the file."""
    noted = head_at(last, clock.now())
    logger.info("sign-off added", extra={"number": last.pk, "head": last.hash, "acts": count})
    keep(noted)
