"""Signs several items in one go, each after those among them that it waits for: all of them, or none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from bootstrap.checklists.models import Item, Run, SignOff
from bootstrap.checklists.queries import pair_of
from bootstrap.checklists.refusals import AlreadySigned, BelongsWith, Blocked
from bootstrap.checklists.sign import Request, sign
from opsconsole.accounts.models import User


@transaction.atomic
def sign_many(items: Sequence[tuple[Run, Item]], by: User, at: datetime, note: str = "") -> list[tuple[Item, SignOff]]:
    """The act that each item has in the end, in the order signed; an item that was signed before keeps its act.

    Raises what `sign` raises, Blocked with what no one of them provides, BelongsWith where a pair is named by half.
    """
    _refuse_halves([item for _, item in items])
    waiting, signed = list(items), []
    while waiting:
        blocked: list[tuple[Run, Item]] = []
        refusal: Blocked | None = None
        for run, item in waiting:
            try:
                signed.append((item, _sign(Request(run, item, by, at, note=note))))
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
        missing = [partner for partner in pair_of(item) if partner.pk not in named]
        if missing:
            raise BelongsWith(item, missing)


def _sign(request: Request) -> SignOff:
    try:
        return sign(request)
    except AlreadySigned as before:
        return before.act
