"""Signs several items in one transaction, in the order in which they wait for each other: all of them, or none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from bootstrap.checklists.audit.append import ActRequest
from bootstrap.checklists.models import Item, Run, SignOff
from bootstrap.checklists.refusals import AlreadySigned, BelongsWith, Blocked, PasswordsNeeded
from bootstrap.checklists.signing.sign import sign
from bootstrap.checklists.version_queries import pair_of
from opsconsole.accounts.models import User


@transaction.atomic
def sign_many(
    items: Sequence[tuple[Run, Item]], by: User, at: datetime, note: str = "", answer: str = ""
) -> list[tuple[Item, SignOff]]:
    """Each item with its newest act, in the order signed. An item that was done before keeps its act.

    `answer` is given to the questions among them. Raises what `sign` raises; Blocked where an item waits for one that
    is not among them; BelongsWith where only one of a pair is among them; PasswordsNeeded for a two-person item.
    """
    _refuse_halves([item for _, item in items])
    waiting, signed = list(items), []
    while waiting:
        blocked: list[tuple[Run, Item]] = []
        refusal: Blocked | None = None
        for run, item in waiting:
            try:
                signed.append((item, _sign(ActRequest(run, item, by, at, answer=_answer(item, answer), note=note))))
            except Blocked as error:
                blocked.append((run, item))
                refusal = refusal or error
        if refusal and len(blocked) == len(waiting):
            raise refusal
        waiting = blocked
    return signed


def _refuse_halves(items: Sequence[Item]) -> None:
    named = {item.pk for item in items}
    for item in items:
        pair = pair_of(item)
        missing = [partner for partner in pair if partner.pk not in named]
        if missing:
            raise BelongsWith(item, missing)
        if any(member.two_person for member in pair):
            raise PasswordsNeeded(item)


def _answer(item: Item, answer: str) -> str:
    return answer if item.kind == Item.Kind.QUESTION else ""


def _sign(request: ActRequest) -> SignOff:
    try:
        return sign(request)
    except AlreadySigned as before:
        return before.act
