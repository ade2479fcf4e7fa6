"""The messages of acts on checklist items that were refused, with what was typed (no ORM)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.forms import Form

from bootstrap.checklists.models import Item, Section
from bootstrap.checklists.refusals import Refusal

CONFLICT, INVALID = 409, 422
TYPED = ("note", "link", "review_by", "owner", "due_on")


@dataclass(frozen=True)
class RefusedAct:
    """An act that was refused: HTTP 409 where the item's state forbids it, 422 where the field `field` is wrong.

    `item` is None for an act on a whole `section`.
    """

    item: Item | None
    status: int
    message: str
    typed: Mapping[str, str]
    field: str = ""
    section: Section | None = None


def by_rule(item: Item, sent: Mapping[str, str], refusal: Refusal, before: str = "") -> RefusedAct:
    """The refusal of an act that the rules for acts do not allow; `before` stands before their sentence."""
    status = INVALID if refusal.field else CONFLICT
    return RefusedAct(item, status, f"{before}{refusal}.", typed(sent), refusal.field)


def by_form(item: Item, sent: Mapping[str, str], form: Form) -> RefusedAct:
    """The refusal of an invalid form; the message lists the first error of each field."""
    problems = "; ".join(f"{name.replace('_', ' ')}: {errors[0]}" for name, errors in form.errors.items())
    return RefusedAct(
        item, INVALID, f"{item.key} was not changed. {problems}", typed(sent), next(iter(form.errors), "")
    )


def typed(sent: Mapping[str, str]) -> dict[str, str]:
    """The values of the text fields as sent, to fill the form again."""
    return {name: sent.get(name, "") for name in TYPED}
