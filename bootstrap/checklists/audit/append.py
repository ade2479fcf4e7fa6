"""The end of the chain: acts become rows there, each with the hash of the one before."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any

from django.db import transaction

from bootstrap.checklists.audit.hash_chain import HashedAct
from bootstrap.checklists.evidence_files import Attachment
from bootstrap.checklists.models import Item, Run, SignOff
from bootstrap.checklists.prerequisites_changed import judge_soon, recheck_soon
from opsconsole.accounts.models import User

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Request:
    """What somebody wants to do: on which item, seeing how many acts on it (`seen`; None: whatever there are).

    `answer` is to an item that asks (`SignOff.Answer`); `review_by` is a waiver's last day; `file` is kept as evidence
    beside what `evidence` holds.
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
class Addition:
    """An act to be appended: the request, the newest act on the item before, and what it makes of the item."""

    request: Request
    newest: SignOff | None
    act: SignOff.Act


def append(acts: Iterable[Addition]) -> list[SignOff]:
    """The acts at the end of the chain, in order; call with the chain locked. Two statements, however many."""
    previous = SignOff.objects.order_by("-pk").values_list("hash", flat=True).first() or ""
    rows = []
    for act in acts:
        rows.append(_row(act, previous))
        previous = rows[-1].hash
    made = SignOff.objects.bulk_create(rows)
    if made:
        transaction.on_commit(partial(_log, made[-1], len(made)))
        transaction.on_commit(judge_soon)
        transaction.on_commit(recheck_soon)
    return made


def _row(act: Addition, previous: str) -> SignOff:
    request = act.request
    link = HashedAct(
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
    return SignOff(
        run=request.run,
        item=request.item,
        sequence=link.sequence,
        act=act.act,
        by=request.by,
        by_name=link.by_name,
        at=link.at,
        answer=link.answer,
        note=link.note,
        evidence=link.evidence,
        review_by=link.review_by,
        previous_hash=previous,
        hash=link.digest(),
    )


def _log(last: SignOff, count: int) -> None:
    """Logs hold the chain's head outside of the database: `verify_audit --head` asks for it."""
    logger.info("sign-off added", extra={"number": last.pk, "head": last.hash, "acts": count})
