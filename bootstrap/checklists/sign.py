"""Acts on the items of a run: sign, take back, leave out, waive. Each is a new row at the end of the chain.

Two people at once: acts are serialised by a lock, and one that was made looking at an older state is refused with what
happened in between. Of an atomic pair both items are done in one transaction, whichever of them was asked for.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from bootstrap.checklists.announce import judge_soon
from bootstrap.checklists.attachments import Attachment, store
from bootstrap.checklists.chain import Link
from bootstrap.checklists.models import Item, Run, SignOff
from bootstrap.checklists.queries import lock_chain, newest_sign_offs, pair_of, standings_of
from bootstrap.checklists.refusals import (
    AlreadySigned,
    Blocked,
    EvidenceMissing,
    NothingToTakeBack,
    ReasonMissing,
    ReviewDateWrong,
    RunClosed,
    SecondPersonNeeded,
    SecretFound,
    SeenTooMany,
    WaiverReasonMissing,
)
from opsconsole.accounts.models import User
from opsconsole.lib.secret_text import looks_secret

logger = logging.getLogger(__name__)

PERMISSION = "bootstrap.add_signoff"
# A waiver that nobody looks at for a year is no waiver but a decision, which belongs into the runbook.
LONGEST_WAIVER = timedelta(days=365)
Act = SignOff.Act


@dataclass(frozen=True)
class Request:
    """What somebody wants to do: on which item, seeing how many acts on it (`seen`; None: whatever there are).

    `review_by` is a waiver's last day; `file` is kept as evidence beside what `evidence` holds.
    """

    run: Run
    item: Item
    by: User
    at: datetime
    seen: int | None = None
    note: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    review_by: date | None = None
    file: Attachment | None = None


@dataclass(frozen=True)
class _Member:
    """An item of the pair (or the only one) that an act is about, with the newest act on it."""

    item: Item
    newest: SignOff | None

    def stands(self, *acts: Act) -> bool:
        return self.newest is not None and self.newest.act in acts


@transaction.atomic
def sign(request: Request) -> SignOff:
    """Sign the item: `done`, or `signed` while a two-person item has its first signature only.

    A pair asks for two people, or for evidence, where one of its items does.
    Raises AlreadySigned, Blocked, EvidenceMissing, SecondPersonNeeded, SecretFound, RunClosed; PermissionDenied.
    """
    members = _begin(request)
    own = members[0].newest
    if own and own.act == Act.DONE:
        raise AlreadySigned(own)
    _refuse_blocked(request)
    given = request.note.strip() or request.evidence or request.file
    if any(member.item.evidence_required for member in members) and not given:
        raise EvidenceMissing(request.item)
    firsts = [member.newest for member in members if member.stands(Act.SIGNED) and member.newest]
    two_person = any(member.item.two_person for member in members)
    if two_person and any(first.by_id == request.by.pk for first in firsts):
        raise SecondPersonNeeded(firsts[0])
    wanted = [member for member in members if not member.stands(Act.DONE)]
    return _append_all(request, wanted, Act.SIGNED if two_person and not firsts else Act.DONE)


@transaction.atomic
def take_back(request: Request) -> SignOff:
    """Undo the newest act; the item is open again.

    Raises AlreadySigned (changed since it was seen), NothingToTakeBack, RunClosed; PermissionDenied.
    """
    members = _begin(request)
    standing = [each for each in members if each.newest and each.newest.act != Act.UNDONE]
    own = members[0]
    if own not in standing or (own.newest and own.newest.lapsed(request.at)):
        raise NothingToTakeBack(request.item)
    return _append_all(request, standing, Act.UNDONE)


@transaction.atomic
def mark_not_applicable(request: Request) -> SignOff:
    """Say, with a reason in `note`, that this environment does not need the item; blocked items too.

    Raises AlreadySigned, ReasonMissing, SecretFound, RunClosed; PermissionDenied.
    """
    members = _begin(request)
    _refuse_settled(members)
    if not request.note.strip():
        raise ReasonMissing(request.item)
    return _append_all(request, members, Act.NOT_APPLICABLE)


@transaction.atomic
def waive(request: Request) -> SignOff:
    """Go without the item until `review_by`, with a reason in `note`; blocked items too. A waiver may be renewed.

    The day is after that of `at`, at most LONGEST_WAIVER later; once it is over the item is open again.
    Raises AlreadySigned, WaiverReasonMissing, ReviewDateWrong, SecretFound, RunClosed; PermissionDenied.
    """
    members = _begin(request)
    _refuse_settled(members)
    if not request.note.strip():
        raise WaiverReasonMissing(request.item)
    today = request.at.astimezone(UTC).date()
    if request.review_by is None or not today < request.review_by <= today + LONGEST_WAIVER:
        raise ReviewDateWrong(today + timedelta(days=1), today + LONGEST_WAIVER)
    return _append_all(request, members, Act.WAIVED)


def _begin(request: Request) -> list[_Member]:
    """The item first, then what it is a pair with; the chain is locked: nothing comes between them and the act."""
    if not request.by.has_perm(PERMISSION):
        raise PermissionDenied(f"{request.by} may not sign items")
    _refuse_secrets(request)
    lock_chain()
    if Run.objects.filter(pk=request.run.pk, closed_at__isnull=False).exists():
        raise RunClosed(request.run)
    items = pair_of(request.item)
    newest = newest_sign_offs([request.run.pk], [item.pk for item in items])
    members = [_Member(item, newest.get((request.run.pk, item.pk))) for item in items]
    _refuse_unseen(request, members[0].newest)
    return members


def _refuse_unseen(request: Request, own: SignOff | None) -> None:
    acts = own.sequence if own else 0
    if request.seen is not None and request.seen > acts:
        raise SeenTooMany(request.item, request.seen, acts)
    if own and request.seen is not None and request.seen < acts:
        raise AlreadySigned(own)


def _refuse_secrets(request: Request) -> None:
    for name, text in (("note", request.note), ("link", str(request.evidence.get("link", "")))):
        if what := looks_secret(text):
            raise SecretFound(name, what)


def _refuse_settled(members: list[_Member]) -> None:
    for member in members:
        if member.newest and member.newest.act in (Act.DONE, Act.NOT_APPLICABLE):
            raise AlreadySigned(member.newest)


def _refuse_blocked(request: Request) -> None:
    waits_for = standings_of([request.run], request.at)[request.run.pk][request.item.pk].waits_for
    if waits_for:
        raise Blocked(request.item, list(Item.objects.filter(pk__in=waits_for).order_by("section__order", "order")))


def _append_all(request: Request, members: list[_Member], act: Act) -> SignOff:
    """The act on each of them, all with the same note and evidence; returns that on the item asked for."""
    if request.file:
        kept = store(request.file, request.run, request.item, request.by, request.at)
        request = replace(request, evidence={**request.evidence, "file": request.file.told(kept.pk)})
    if act != Act.WAIVED:
        request = replace(request, review_by=None)
    made = [append(replace(request, item=member.item), member.newest, act) for member in members]
    return next(each for each in made if each.item_id == request.item.pk)


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
        review_by=request.review_by,
        by_name=request.by.get_username(),
    )
    made = SignOff.objects.create(
        run=request.run,
        item=request.item,
        sequence=link.sequence,
        act=act,
        by=request.by,
        by_name=link.by_name,
        at=link.at,
        note=link.note,
        evidence=link.evidence,
        review_by=link.review_by,
        previous_hash=last,
        hash=link.digest(),
    )
    transaction.on_commit(partial(_log, made))
    transaction.on_commit(judge_soon)
    return made


def _log(made: SignOff) -> None:
    """Logs hold the chain's head outside of the database: `verify_audit --head` asks for it."""
    logger.info("sign-off added", extra={"number": made.pk, "head": made.hash})
