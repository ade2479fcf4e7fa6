"""The history of a row in sentences: what the table of its changes keeps, and what the admin noted of acts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.contrib.admin.models import LogEntry
from django.db.models import Field, Model
from django.utils.text import Truncator

from opsconsole.accounts.models import User
from opsconsole.lib.text.humanize import utc

MOST = 200  # rows of the table of changes that are read, the newest
LONGEST = 160  # characters of a value
CONSOLE = "The console"  # who changed it where no person did: a first start, an import, a command


@dataclass(frozen=True)
class FieldChange:
    """A field with its value before and after, as text."""

    field: str
    before: str
    after: str


@dataclass(frozen=True)
class Sentence:
    """One sentence of a history: who did what, and the fields that changed."""

    at: datetime
    who: str
    did: str
    changes: tuple[FieldChange, ...] = ()


def history_of(row: Model, noted: Iterable[LogEntry]) -> list[Sentence]:
    """Newest first. `noted`: the admin's entries of the row; of a model whose changes are kept in a table, only what
    the table does not say: acts, and rows that were edited with it."""
    kept = _kept(row)
    entries = [entry_of(each, repeats=bool(kept)) for each in noted]
    return sorted((*kept, *(each for each in entries if each)), key=lambda entry: entry.at, reverse=True)


def _kept(row: Model) -> list[Sentence]:
    """From the table of changes that pghistory fills, if the model has one. Two queries, and one for each related
    model whose rows are named."""
    models = getattr(row, "pgh_event_models", {})
    if not models:
        return []
    stored: Any = next(iter(models.values()))
    newest = stored.objects.filter(pgh_obj_id=row.pk).select_related("pgh_context").order_by("-pgh_id")[: MOST + 1]
    events = list(newest)[::-1]
    people = {user.pk: str(user) for user in User.objects.filter(pk__in={_user_of(each) for each in events} - {None})}
    values = _Values(row, events)
    found = [_added(events[0], people)] if events and len(events) <= MOST else []
    for old, new in pairwise(events):
        if changes := values.between(old, new):
            found.append(Sentence(new.pgh_created_at, people.get(_user_of(new), CONSOLE), "changed", changes))
    return found[::-1]


def _added(event: Any, people: dict[Any, str]) -> Sentence:
    return Sentence(event.pgh_created_at, people.get(_user_of(event), CONSOLE), "added this.")


def _user_of(event: Any) -> Any:
    return event.pgh_context.metadata.get("user") if event.pgh_context else None


class _Values:
    """The fields of stored changes as text. Rows that they refer to are read once for each model."""

    def __init__(self, row: Model, events: Sequence[Any]) -> None:
        kept = {field.name for field in events[0]._meta.fields} if events else set()
        self.fields = [field for field in row._meta.fields if field.name in kept and not field.primary_key]
        # A model may say how fields are quoted that hold what not everybody may read.
        self.words: dict[str, Callable[[Any], str]] = getattr(row, "history_words", {})
        self.related = {field: self._rows(field, events) for field in self.fields if field.related_model}

    def between(self, old: Any, new: Any) -> tuple[FieldChange, ...]:
        differing = [field for field in self.fields if getattr(old, field.attname) != getattr(new, field.attname)]
        return tuple(
            FieldChange(str(field.verbose_name), self._text(field, old), self._text(field, new)) for field in differing
        )

    def _rows(self, field: Field[Any, Any], events: Sequence[Any]) -> dict[Any, Model]:
        keys = {getattr(event, field.attname) for event in events} - {None}
        related: Any = field.related_model
        return dict(related._base_manager.in_bulk(keys)) if keys else {}

    def _text(self, field: Field[Any, Any], event: Any) -> str:
        value = getattr(event, field.attname)
        if value is None or value in ("", [], {}):
            return "nothing"
        if field.related_model:
            return shown(self.related[field].get(value) or f"one that is gone ({value})")
        if field.name in self.words:
            return shown(self.words[field.name](value))
        return shown(dict(field.flatchoices).get(value, value))


def shown(value: object) -> str:
    """A value in a sentence: yes, no, a time in UTC, JSON in one line, at most LONGEST characters."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return utc(value)
    if isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False, default=str)
    return Truncator(str(value)).chars(LONGEST)


def entry_of(noted: LogEntry, *, repeats: bool) -> Sentence | None:
    """The sentence of one of the admin's entries; None for what the table of changes says better."""
    if repeats and _of_the_row_alone(noted.change_message):
        return None
    person: Any = noted.user
    who = person.get_full_name() or person.get_username()
    said = noted.get_change_message() or ("Added." if noted.is_addition() else "Saved without changes.")
    return Sentence(noted.action_time, who, f"{said[0].lower()}{said[1:]}")


def _of_the_row_alone(message: str) -> bool:
    """Whether these are Django's own words of a form (a list as JSON) that name no row which was edited with it. Those
    of acts are plain texts."""
    return message.startswith("[") and not any("name" in part for each in json.loads(message) for part in each.values())
