"""What the page of a run says of an act that was refused, and what had been typed (no ORM)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.forms import Form

from bootstrap.checklists.models import Item
from bootstrap.checklists.refusals import Refusal

CONFLICT, INVALID = 409, 422
TYPED = ("note", "link", "review_by")


@dataclass(frozen=True)
class RefusedAct:
    """`status` is 409 where the item's state is in the way, 422 where what was sent is wrong; then `field` names it."""

    item: Item
    status: int
    message: str
    typed: Mapping[str, str]
    field: str = ""


def by_rule(item: Item, sent: Mapping[str, str], refusal: Refusal) -> RefusedAct:
    """Refused by the rules of acts."""
    status = INVALID if refusal.field else CONFLICT
    return RefusedAct(item, status, f"{refusal}.", typed(sent), refusal.field)


def by_form(item: Item, sent: Mapping[str, str], form: Form) -> RefusedAct:
    """Refused by the form, whose errors are told one after the other."""
    problems = "; ".join(f"{name.replace('_', ' ')}: {errors[0]}" for name, errors in form.errors.items())
    return RefusedAct(
        item, INVALID, f"{item.key} was not changed. {problems}", typed(sent), next(iter(form.errors), "")
    )


def typed(sent: Mapping[str, str]) -> dict[str, str]:
    """What had been typed, to be shown again."""
    return {name: sent.get(name, "") for name in TYPED}
