"""A person's draft: acts done to it one by one, undone, done again on a newer version, stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from bootstrap.importer.editing.acts import Act, EditRefused, as_row, from_row
from bootstrap.importer.editing.apply import apply
from bootstrap.importer.editing.store_edit import editable_text, newest_of, store_edit
from bootstrap.importer.models import RunbookDraft
from bootstrap.importer.store.outcome import ImportOutcome
from bootstrap.runbooks.models import Runbook, RunbookVersion
from opsconsole.accounts.models import User

MOST_ACTS = 200


@dataclass(frozen=True)
class Draft:
    """A draft as it is, of its own row or still empty. `newest` is the runbook's newest version."""

    base: RunbookVersion
    newest: RunbookVersion
    text: str
    acts: tuple[Act, ...] = ()
    refused: tuple[tuple[Act, str], ...] = ()
    revision: int = 0

    @property
    def is_overtaken(self) -> bool:
        return self.base.pk != self.newest.pk


class DraftChanged(Exception):
    """The draft has changed since the page was shown, in another window of the same person."""


def draft_of(runbook: Runbook, by: User) -> Draft:
    """The person's draft; the newest version without edits where there is none. Raises EditRefused."""
    newest = newest_of(runbook)
    row = RunbookDraft.objects.select_related("base").filter(runbook=runbook, by=by).first()
    if row is None or not (row.acts or row.refused):
        return Draft(newest, newest, editable_text(newest), revision=row.revision if row else 0)
    return _draft(row, newest)


def _draft(row: RunbookDraft, newest: RunbookVersion) -> Draft:
    refused = tuple((from_row(each), each["why"]) for each in row.refused)
    return Draft(row.base, newest, row.text, _acts(row), refused, row.revision)


def _acts(row: RunbookDraft) -> tuple[Act, ...]:
    return tuple(from_row(each) for each in row.acts)


@transaction.atomic
def do(runbook: Runbook, act: Act, by: User, seen: int, now: datetime) -> None:
    """Does one act to the person's draft, which is made where there is none.

    `seen` is the revision that the page showed. Raises DraftChanged, and EditRefused where the act cannot be done.
    """
    row = _locked(runbook, by, now)
    _refuse_other(row, seen)
    if len(row.acts) >= MOST_ACTS:
        raise EditRefused(f"A draft has at most {MOST_ACTS} edits: store these first.")
    text = apply(row.text, act)
    if text == row.text:
        raise EditRefused("Nothing would change by that.")
    _write(row, text, [*row.acts, as_row(act)], now)


@transaction.atomic
def undo(runbook: Runbook, by: User, seen: int, now: datetime) -> None:
    """Takes the last act back; without one nothing changes. Raises DraftChanged."""
    row = RunbookDraft.objects.select_for_update().filter(runbook=runbook, by=by).first()
    if row is None or not row.acts:
        return
    _refuse_other(row, seen)
    text = editable_text(row.base)
    for act in _acts(row)[:-1]:
        text = apply(text, act)
    _write(row, text, row.acts[:-1], now)


@transaction.atomic
def take_over(runbook: Runbook, by: User, seen: int, now: datetime) -> None:
    """Does the acts of the draft again on the newest version; those that it has no place for are kept with the reason.

    Raises DraftChanged.
    """
    row = RunbookDraft.objects.select_for_update().filter(runbook=runbook, by=by).first()
    if row is None:
        return
    _refuse_other(row, seen)
    newest = newest_of(runbook)
    text, done, refused = editable_text(newest), [], list(row.refused)
    for act in _acts(row):
        try:
            text = apply(text, act)
        except EditRefused as refusal:
            refused.append({**as_row(act), "why": str(refusal)})
        else:
            done.append(as_row(act))
    row.base, row.refused = newest, refused
    _write(row, text, done, now)


def throw_away(runbook: Runbook, by: User) -> None:
    """Forgets the person's draft."""
    RunbookDraft.objects.filter(runbook=runbook, by=by).delete()


@transaction.atomic
def store_draft(runbook: Runbook, by: User, reason: str, seen: int) -> ImportOutcome:
    """The draft as a new version, after which it is gone.

    Raises DraftChanged, Overtaken, and EditRefused where it has no edits or cannot be stored; the draft stays then.
    """
    row = RunbookDraft.objects.select_for_update(of=("self",)).select_related("base__runbook__system")
    draft = row.filter(runbook=runbook, by=by).first()
    if draft is None or not draft.acts:
        raise EditRefused("There is nothing to store: no edit was made.")
    _refuse_other(draft, seen)
    outcome = store_edit(draft.base, draft.text, _acts(draft), reason, by)
    draft.delete()
    return outcome


def _locked(runbook: Runbook, by: User, now: datetime) -> RunbookDraft:
    newest = newest_of(runbook)
    made = {"base": newest, "text": editable_text(newest), "changed_at": now}
    row, _ = RunbookDraft.objects.select_for_update(of=("self",)).get_or_create(runbook=runbook, by=by, defaults=made)
    if not row.acts and not row.refused and row.base_id != newest.pk:  # nothing to lose: it begins anew
        row.base, row.text = newest, editable_text(newest)
    return row


def _refuse_other(row: RunbookDraft, seen: int) -> None:
    if row.revision != seen:
        raise DraftChanged


def _write(row: RunbookDraft, text: str, acts: Sequence[object], now: datetime) -> None:
    row.text, row.acts, row.changed_at = text, list(acts), now
    row.revision += 1
    row.save()
