"""Acts on the items of a run: sign, take back, leave out, waive. Each is a new row at the end of the chain.

A lock serialises acts. An act by somebody who has not seen the newest one on the item is refused with that one. An act
on one item of an atomic pair is made on both, in one transaction.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction

from bootstrap.checklists.audit.append import ActRequest, NewAct, append
from bootstrap.checklists.evidence_files import as_evidence, store
from bootstrap.checklists.models import Item, Run, SignOff
from bootstrap.checklists.queries import item_progress_by_run, lock_chain, newest_sign_offs
from bootstrap.checklists.refusals import (
    AlreadySigned,
    AnswerWrong,
    Blocked,
    EvidenceMissing,
    LinkWrong,
    NothingToTakeBack,
    ReasonMissing,
    ReviewDateWrong,
    RunClosed,
    SecondPersonNeeded,
    SecretFound,
    SeenTooMany,
    WaiverReasonMissing,
)
from bootstrap.checklists.version_queries import pair_of
from opsconsole.lib.text.secrets import looks_secret
from opsconsole.lib.text.visible import is_web_address

PERMISSION = "bootstrap.add_signoff"
# What may wait for longer than a year is no waiver but a decision, which belongs in the runbook.
LONGEST_WAIVER = timedelta(days=365)
Act = SignOff.Act


@dataclass(frozen=True)
class _Member:
    """One of the items that an act is about, with the newest act on it so far."""

    item: Item
    newest: SignOff | None

    def newest_is(self, *acts: Act) -> bool:
        return self.newest is not None and self.newest.act in acts


@transaction.atomic
def sign(request: ActRequest) -> SignOff:
    """Sign the item: `done`, or `signed` where this is the first signature of a two-person item.

    A pair needs two people, or evidence, where one of its items does.
    Raises AlreadySigned, Blocked, AnswerWrong, EvidenceMissing, LinkWrong, SecondPersonNeeded, SecretFound, RunClosed;
    PermissionDenied.
    """
    members = _begin(request)
    own = members[0].newest
    if own and own.act == Act.DONE:
        raise AlreadySigned(own)
    _refuse_blocked(request)
    _refuse_unanswered(request)
    _refuse_unproven(request, members)
    firsts = [member.newest for member in members if member.newest_is(Act.SIGNED) and member.newest]
    two_person = any(member.item.two_person for member in members)
    if two_person and any(first.by_id == request.by.pk for first in firsts):
        raise SecondPersonNeeded(firsts[0])
    wanted = [member for member in members if not member.newest_is(Act.DONE)]
    return _append_all(request, wanted, Act.SIGNED if two_person and not firsts else Act.DONE)


@transaction.atomic
def take_back(request: ActRequest) -> SignOff:
    """Undo the newest act, so that the item is open again.

    Raises AlreadySigned (somebody acted on it since it was seen), NothingToTakeBack, RunClosed; PermissionDenied.
    """
    members = _begin(request)
    acted_on = [each for each in members if each.newest and each.newest.act != Act.UNDONE]
    own = members[0]
    if own not in acted_on or (own.newest and own.newest.lapsed(request.at)):
        raise NothingToTakeBack(request.item)
    return _append_all(request, acted_on, Act.UNDONE)


@transaction.atomic
def mark_not_applicable(request: ActRequest) -> SignOff:
    """Mark the item as not needed in this environment; `note` is the reason. Blocked items too.

    Raises AlreadySigned, ReasonMissing, SecretFound, RunClosed; PermissionDenied.
    """
    members = _begin(request)
    _refuse_settled(members)
    if not request.note.strip():
        raise ReasonMissing(request.item)
    return _append_all(request, members, Act.NOT_APPLICABLE)


@transaction.atomic
def waive(request: ActRequest) -> SignOff:
    """Go without the item until `review_by`; `note` is the reason. Blocked items too. A waiver may be renewed.

    `review_by` is at least a day and at most LONGEST_WAIVER after `at` (UTC). The day after it the item is open again.
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


def _begin(request: ActRequest) -> list[_Member]:
    """Lock the chain, check the request, and return the item first, then its partner in a pair."""
    if not request.by.has_perm(PERMISSION):
        raise PermissionDenied(f"{request.by} may not sign items")
    _refuse_what_may_not_stay(request)
    lock_chain()
    if Run.objects.filter(pk=request.run.pk, closed_at__isnull=False).exists():
        raise RunClosed(request.run)
    items = pair_of(request.item)
    newest = newest_sign_offs([request.run.pk], [item.pk for item in items])
    members = [_Member(item, newest.get((request.run.pk, item.pk))) for item in items]
    _refuse_unseen(request, members[0].newest)
    return members


def _refuse_unseen(request: ActRequest, own: SignOff | None) -> None:
    acts = own.sequence if own else 0
    if request.seen is not None and request.seen > acts:
        raise SeenTooMany(request.item, request.seen, acts)
    if own and request.seen is not None and request.seen < acts:
        raise AlreadySigned(own)


def _refuse_what_may_not_stay(request: ActRequest) -> None:
    for name, text in (("note", request.note), ("link", str(request.evidence.get("link", "")))):
        if what := looks_secret(text):
            raise SecretFound(name, what)
    if request.evidence.get("link") and not is_web_address(request.evidence["link"]):
        raise LinkWrong


def _refuse_settled(members: list[_Member]) -> None:
    for member in members:
        if member.newest and member.newest.act in (Act.DONE, Act.NOT_APPLICABLE):
            raise AlreadySigned(member.newest)


def _refuse_blocked(request: ActRequest) -> None:
    waits_for = item_progress_by_run([request.run], request.at)[request.run.pk][request.item.pk].waits_for
    if waits_for:
        raise Blocked(request.item, list(Item.objects.filter(pk__in=waits_for).order_by("section__order", "order")))


def _refuse_unanswered(request: ActRequest) -> None:
    allowed = SignOff.Answer.values if request.item.kind == Item.Kind.QUESTION else [""]
    if request.answer not in allowed:
        raise AnswerWrong(request.item)


def _refuse_unproven(request: ActRequest, members: list[_Member]) -> None:
    wanted = {member.item.evidence_kind for member in members if member.item.evidence_required}
    link = request.evidence.get("link")
    if Item.EvidenceKind.FILE in wanted and not request.file:
        raise EvidenceMissing(request.item, "a file as evidence", "file")
    if Item.EvidenceKind.LINK in wanted and not link:
        raise EvidenceMissing(request.item, "a link to evidence", "link")
    if wanted and not (request.note.strip() or link or request.file):
        raise EvidenceMissing(request.item)


def _append_all(request: ActRequest, members: list[_Member], act: Act) -> SignOff:
    """Append the act on each member, with the same note and evidence. Returns that on the item asked for."""
    if request.file:
        stored = store(request.file, request.run, request.item, request.by, request.at)
        request = replace(request, evidence={**request.evidence, "file": as_evidence(request.file, stored.pk)})
    if act != Act.WAIVED:
        request = replace(request, review_by=None)
    made = append(NewAct(_for_item(request, member.item, act), member.newest, act) for member in members)
    return next(each for each in made if each.item_id == request.item.pk)


def _for_item(request: ActRequest, item: Item, act: Act) -> ActRequest:
    """The same request about another item of the pair. The answer is kept only where a question is signed."""
    answered = item.kind == Item.Kind.QUESTION and act in (Act.DONE, Act.SIGNED)
    return replace(request, item=item, answer=request.answer if answered else "")
