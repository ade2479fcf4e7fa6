"""A bulk action: one act on each of the chosen rows, by itself, with a result that names what was refused and why.

The rows come as `row=<pk>:<seen>`, where `seen` is what the act compares with (a revision, a status), so that nobody
acts on a row that has changed since they looked. Works without JavaScript: a POST, a question where the action has one,
a 303 back to the list.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from opsconsole.lib.web.lists.spec import BulkAction, ListSpec
from opsconsole.lib.web.paging import MOST
from opsconsole.lib.web.redirects import next_url

NAMED = 10  # refused rows that the result names; their reasons are mostly the same
PK_DIGITS = 18  # what every bigint column holds


class RowRefusedError(Exception):
    """The row was left as it is; the text says why, as a sentence."""


class ChosenError(ValueError):
    """What was sent as chosen rows is not; the text says what was wrong."""


@dataclass(frozen=True)
class ChosenRow:
    """A row as the person saw it."""

    pk: int
    seen: str


Act = Callable[[ChosenRow], None]
"""Does it, or raises RowRefusedError. In a transaction of its own: one refusal holds up no other row."""

Names = Callable[[Collection[int]], Mapping[int, str]]
"""By primary key, what people call a row; those that do not exist are left out."""


def perform(request: HttpRequest, spec: ListSpec, acts: Mapping[str, Act], names: Names) -> HttpResponse:
    """Do the action that the form names on the rows that it chose, and go back to the list with the result.

    The caller has checked the method and the permission. 422 as text where the form is not one of ours.
    """
    try:
        action = _action(spec, request.POST.get("act", ""))
        rows = chosen_rows(request.POST.getlist("row"))
    except ChosenError as error:
        return HttpResponse(f"{error}", status=422, content_type="text/plain")
    back = next_url(request, reverse(spec.url))
    if not rows:
        messages.warning(request, f"Nothing was chosen: tick the {spec.noun}s that it is about first.")
        return HttpResponseRedirect(back, status=303)
    known = names([row.pk for row in rows])
    if action.confirm and "confirmed" not in request.POST:
        return _question(request, spec, action, rows, known, back)
    _report(request, spec, action, *_each(rows, acts[action.name], known))
    return HttpResponseRedirect(back, status=303)


def chosen_rows(values: list[str]) -> list[ChosenRow]:
    """The rows that a form chose, each once. Raises ChosenError."""
    if len(values) > MOST:
        raise ChosenError(f"row: at most {MOST} at a time")
    rows: dict[int, ChosenRow] = {}
    for value in values:
        pk, colon, seen = value.partition(":")
        if not (colon and pk.isascii() and pk.isdigit() and len(pk) <= PK_DIGITS):
            raise ChosenError("row: a number, a colon and what was seen of it")
        rows[int(pk)] = ChosenRow(int(pk), seen)
    return list(rows.values())


def _action(spec: ListSpec, name: str) -> BulkAction:
    for action in spec.actions:
        if action.name == name:
            return action
    raise ChosenError(f"act: one of {', '.join(action.name for action in spec.actions)}")


def _each(rows: list[ChosenRow], act: Act, known: Mapping[int, str]) -> tuple[int, list[str]]:
    """How many were done, and of each other one its name with the reason."""
    refused: list[str] = []
    for row in rows:
        if row.pk not in known:
            refused.append(f"number {row.pk}: it is no longer there")
            continue
        try:
            act(row)
        except RowRefusedError as refusal:
            refused.append(f"{known[row.pk]}: {refusal}")
    return len(rows) - len(refused), refused


def _report(request: HttpRequest, spec: ListSpec, action: BulkAction, done: int, refused: list[str]) -> None:
    if done:
        messages.success(request, f"{action.label}: {counted(done, spec.noun)} done.")
    if refused:
        more = f"; and {len(refused) - NAMED} more" if len(refused) > NAMED else ""
        reasons = "; ".join(refused[:NAMED])
        messages.error(request, f"{action.label}: {counted(len(refused), spec.noun)} refused. {reasons}{more}")


def _question(
    request: HttpRequest,
    spec: ListSpec,
    action: BulkAction,
    rows: list[ChosenRow],
    known: Mapping[int, str],
    back: str,
) -> HttpResponse:
    context = {
        "spec": spec,
        "action": action,
        "title": f"{action.label} {counted(len(rows), spec.noun)}?",
        "values": [f"{row.pk}:{row.seen}" for row in rows],
        "names": [known[row.pk] for row in rows if row.pk in known],
        "back": back,
        "crumbs": [(spec.label, back), (action.label, None)],
    }
    return render(request, "components/list/confirm.html", context)


def counted(number: int, noun: str) -> str:
    """`1 alert`, `2 alerts`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
