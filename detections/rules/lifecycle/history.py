"""Changes of a rule's mode, read from the history table that pghistory keeps, and its mutes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.apps import apps
from django.db.models import Model

from detections.rules.models import Rule
from detections.rules.silence_models import Silence
from opsconsole.accounts.models import User

MOST = 200  # rows read: publishing a version adds rows as well


@dataclass(frozen=True)
class ModeChange:
    """One change of a rule's mode. `who` is '' without a person: first start, pack, command."""

    at: datetime
    who: str
    old: str
    new: str
    until: datetime | None


def mode_changes(rule: Rule, most: int = 10) -> list[ModeChange]:
    """The newest changes of mode, newest first. Three queries."""
    recorded: type[Model] = apps.get_model("detections", "RuleEvent")
    rows: list[Any] = list(
        recorded._default_manager.filter(pgh_obj_id=rule.pk).select_related("pgh_context").order_by("-pgh_id")[:MOST]
    )
    pairs = [(old, new) for new, old in pairwise(rows) if old.mode != new.mode][:most]
    people = {user.pk: user for user in User.objects.filter(pk__in={_user_id(new) for _, new in pairs} - {None})}
    stored = [
        ModeChange(new.pgh_created_at, _name(people.get(_user_id(new))), old.mode, new.mode, None) for old, new in pairs
    ]
    every = [*stored, *_mutes(rule, most)]
    return sorted(every, key=lambda change: change.at, reverse=True)[:most]


def _mutes(rule: Rule, most: int) -> Iterator[ModeChange]:
    """The beginnings of the newest mutes, and the ends of those that somebody ended early."""
    for silence in Silence.objects.filter(rule=rule).order_by("-id")[:most]:
        yield ModeChange(silence.created_at, silence.created_by_name, "active", "muted", silence.ends_at)
        if silence.ended_at:
            yield ModeChange(silence.ended_at, silence.ended_by_name, "muted", "active", None)


def _user_id(row: Any) -> Any:
    return row.pgh_context.metadata.get("user") if row.pgh_context else None


def _name(user: User | None) -> str:
    return (user.get_full_name() or user.get_username()) if user else ""
