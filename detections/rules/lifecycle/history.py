"""Changes of a rule's mode, read from the history table that pghistory keeps, and its mutes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.apps import apps
from django.db.models import F, Model, OuterRef, Q, Subquery

from detections.rules.models import Rule
from detections.rules.silence_models import Silence
from opsconsole.accounts.models import User

EVENT, MUTE, ENDED = "rulemode", "mute", "ended"
MOST = 200  # rows read: publishing a version adds rows as well


@dataclass(frozen=True)
class ModeChange:
    """One change of a rule's mode. `who` is '' without a person: first start, pack, command. `ref` is the key of the
    row that says so."""

    at: datetime
    who: str
    old: str
    new: str
    until: datetime | None
    rule_id: int
    ref: str


def mode_changes(rule: Rule, most: int = 10) -> list[ModeChange]:
    """The newest changes of mode, newest first. Three queries."""
    rows: list[Any] = list(_recorded().filter(pgh_obj_id=rule.pk).order_by("-pgh_id")[:MOST])
    pairs = [(old.mode, new) for new, old in pairwise(rows) if old.mode != new.mode][:most]
    mutes = Silence.objects.filter(rule=rule).order_by("-id")[:most]
    every = [*_stored(pairs), *(change for silence in mutes for change in _muted(silence))]
    return sorted(every, key=lambda change: change.at, reverse=True)[:most]


def mode_changes_between(
    rules: Collection[int], start: datetime, end: datetime, *, most: int, unread: Callable[..., Q]
) -> list[ModeChange]:
    """The changes of the rules with these ids from `start` to `end`, both included. `unread` is the condition for rows
    whose changes are wanted, by the words of their `ref`: `unread("rulemode")`, `unread("mute", "ended")`. Three
    queries."""
    older = _recorded().filter(pgh_obj_id=OuterRef("pgh_obj_id"), pgh_id__lt=OuterRef("pgh_id")).order_by("-pgh_id")
    before = Subquery(older.values("mode")[:1])
    events = _recorded().filter(pgh_obj_id__in=rules).annotate(before=before).exclude(before=F("mode"))
    events = events.filter(unread(EVENT), before__isnull=False, pgh_created_at__gte=start, pgh_created_at__lte=end)
    begun = Q(created_at__gte=start, created_at__lte=end) & unread(MUTE)
    ended = Q(ended_at__gte=start, ended_at__lte=end) & unread(MUTE, ENDED)
    mutes = Silence.objects.filter(begun | ended, rule__in=rules).order_by("-id")[:most]
    stored = _stored([(event.before, event) for event in events.order_by("-pgh_id")[:most]])
    every = [*stored, *(change for silence in mutes for change in _muted(silence))]
    return [change for change in every if start <= change.at <= end]


def _recorded() -> Any:
    recorded: type[Model] = apps.get_model("detections", "RuleEvent")
    return recorded._default_manager.select_related("pgh_context")


def _stored(pairs: Sequence[tuple[str, Any]]) -> list[ModeChange]:
    """The changes of pairs of the mode before and the row after. One query."""
    people = {user.pk: user for user in User.objects.filter(pk__in={_user_id(new) for _, new in pairs} - {None})}
    return [
        ModeChange(
            new.pgh_created_at,
            _name(people.get(_user_id(new))),
            old,
            new.mode,
            None,
            new.pgh_obj_id,
            f"{EVENT}:{new.pk}",
        )
        for old, new in pairs
    ]


def _muted(silence: Silence) -> Iterator[ModeChange]:
    """The beginning of a mute, and its end where somebody ended it early."""
    of, ref, begun = silence.rule_id or 0, f"{MUTE}:{silence.pk}", silence.created_at
    yield ModeChange(begun, silence.created_by_name, "active", "muted", silence.ends_at, of, ref)
    if silence.ended_at:
        who, ref = silence.ended_by_name, f"{ref}:{ENDED}"
        yield ModeChange(silence.ended_at, who, "muted", "active", None, of, ref)


def _user_id(row: Any) -> Any:
    return row.pgh_context.metadata.get("user") if row.pgh_context else None


def _name(user: User | None) -> str:
    return (user.get_full_name() or user.get_username()) if user else ""
