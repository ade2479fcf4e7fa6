"""Acts on the items of a run: sign, take back, mark as not applicable. Each is a new row at the end of the chain.

Two people at once: acts are serialised by a lock, and one that was made looking at an older state is refused with what
happened in between.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from bootstrap.checklists.announce import judge_soon
from bootstrap.checklists.chain import Link
from bootstrap.checklists.models import Item, Run, SignOff
from bootstrap.checklists.queries import lock_chain, newest_sign_offs, standings_of
from bootstrap.checklists.refusals import (
    AlreadySigned,
    Blocked,
    EvidenceMissing,
    NothingToTakeBack,
    ReasonMissing,
    RunClosed,
    SecondPersonNeeded,
)
from opsconsole.accounts.models import User

PERMISSION = "bootstrap.add_signoff"
Act = SignOff.Act


@dataclass(frozen=True)
class Request:
    """What somebody wants to do: on which item, seeing how many acts on it (`seen`; None: whatever there are)."""

    run: Run
    item: Item
    by: User
    at: datetime
    seen: int | None = None
    note: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)


@transaction.atomic
def sign(request: Request) -> SignOff:
    """Sign the item: `done`, or `signed` while a two-person item has its first signature only.

    Raises AlreadySigned, Blocked, EvidenceMissing, SecondPersonNeeded, RunClosed; PermissionDenied.
    """
    newest = _begin(request)
    if newest and newest.act == Act.DONE:
        raise AlreadySigned(newest)
    _refuse_blocked(request)
    if request.item.evidence_required and not (request.note.strip() or request.evidence):
        raise EvidenceMissing(request.item)
    first = newest is None or newest.act != Act.SIGNED
    if request.item.two_person and newest and not first and newest.by_id == request.by.pk:
        raise SecondPersonNeeded(newest)
    return append(request, newest, Act.SIGNED if request.item.two_person and first else Act.DONE)


@transaction.atomic
def take_back(request: Request) -> SignOff:
    """Undo the newest act; the item is open again.

    Raises AlreadySigned (changed since it was seen), NothingToTakeBack, RunClosed; PermissionDenied.
    """
    newest = _begin(request)
    if newest is None or newest.act == Act.UNDONE:
        raise NothingToTakeBack(request.item)
    return append(request, newest, Act.UNDONE)


@transaction.atomic
def mark_not_applicable(request: Request) -> SignOff:
    """Say, with a reason in `note`, that this environment does not need the item; blocked items too.

    Raises AlreadySigned, ReasonMissing, RunClosed; PermissionDenied.
    """
    newest = _begin(request)
    if newest and newest.act in (Act.DONE, Act.NOT_APPLICABLE):
        raise AlreadySigned(newest)
    if not request.note.strip():
        raise ReasonMissing(request.item)
    return append(request, newest, Act.NOT_APPLICABLE)


def _begin(request: Request) -> SignOff | None:
    """The newest act on the item, with the chain locked: nothing can come between it and the act to append."""
    if not request.by.has_perm(PERMISSION):
        raise PermissionDenied(f"{request.by} may not sign items")
    lock_chain()
    if Run.objects.filter(pk=request.run.pk, closed_at__isnull=False).exists():
        raise RunClosed(request.run)
    newest = newest_sign_offs([request.run.pk], [request.item.pk]).get((request.run.pk, request.item.pk))
    if newest and request.seen is not None and newest.sequence != request.seen:
        raise AlreadySigned(newest)
    return newest


def _refuse_blocked(request: Request) -> None:
    waits_for = standings_of([request.run])[request.run.pk][request.item.pk].waits_for
    if waits_for:
        raise Blocked(request.item, list(Item.objects.filter(pk__in=waits_for).order_by("section__order", "order")))


def append(request: Request, newest: SignOff | None, act: Act) -> SignOff:
    """The next act at the end of the chain, after `newest` on the item; call with the chain locked."""
    last = SignOff.objects.order_by("-pk").values_list("hash", flat=True).first() or ""
    link = Link(
        run=request.run.pk,
        item=request.item.pk,
        key=request.item.key,
        text=request.item.text,
        wording=request.run.version.content_hash,
        sequence=newest.sequence + 1 if newest else 1,
        act=act.value,
        by=request.by.pk,
        at=request.at,
        note=request.note.strip(),
        evidence=dict(request.evidence),
        previous=last,
    )
    made = SignOff.objects.create(
        run=request.run,
        item=request.item,
        sequence=link.sequence,
        act=act,
        by=request.by,
        at=link.at,
        note=link.note,
        evidence=link.evidence,
        previous_hash=last,
        hash=link.digest(),
    )
    transaction.on_commit(judge_soon)
    return made
