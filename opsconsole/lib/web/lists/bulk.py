"""Bulk actions: act on each selected row in its own transaction, and report which were refused and why.

A form sends rows as `row=<pk>:<seen>`. `seen` is the revision or status on the user's page; the act compares it, so
that nobody acts on a row that has changed since. It works without JavaScript: a POST, a confirmation page if the action
has one, and a 303 back to the list.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from opsconsole.lib.web.lists.spec import BulkAction, ListSpec
from opsconsole.lib.web.paging import MAX_PAGE_SIZE
from opsconsole.lib.web.redirects import next_url

MAX_REFUSALS_SHOWN = 10  # in the message; most have the same reason
PK_DIGITS = 18  # fit into a bigint


class RowRefusedError(Exception):
    """The row was not changed; the text is a sentence that says why."""


class ChosenError(ValueError):
    """The form's rows or action are invalid; the text says what is wrong."""


@dataclass(frozen=True)
class ChosenRow:
    """A selected row, with its revision or status as the user saw it."""

    pk: int
    seen: str


Act = Callable[[ChosenRow], None]
"""Acts on one row in its own transaction, or raises RowRefusedError."""

Names = Callable[[Collection[int]], Mapping[int, str]]
"""The names of rows by primary key, without rows that do not exist."""


def perform(request: HttpRequest, spec: ListSpec, acts: Mapping[str, Act], names: Names) -> HttpResponse:
    """Perform the form's action on its rows, and redirect to the list with a message about the result.

    The caller has checked the method. An invalid form is answered with 422 as text. Raises PermissionDenied.
    """
    _refuse(request, spec, spec.actions)
    try:
        action = _action(spec, request.POST.get("act", ""))
        rows = chosen_rows(request.POST.getlist("row"))
    except ChosenError as error:
        return HttpResponse(f"{error}", status=422, content_type="text/plain")
    _refuse(request, spec, [action])
    back = next_url(request, reverse(spec.url))
    if not rows:
        messages.warning(request, f"Nothing was selected: tick the {spec.noun}s first.")
        return HttpResponseRedirect(back, status=303)
    if action.goes_to:
        chosen = urlencode({"row": [row.pk for row in rows]}, doseq=True)
        return HttpResponseRedirect(f"{reverse(action.goes_to)}?{chosen}", status=303)
    known = names([row.pk for row in rows])
    if action.confirm and "confirmed" not in request.POST:
        return _confirmation_page(request, spec, action, rows, known, back)
    _report(request, spec, action, *_each(rows, acts[action.name], known))
    return HttpResponseRedirect(back, status=303)


def _refuse(request: HttpRequest, spec: ListSpec, actions: Collection[BulkAction]) -> None:
    """Raises PermissionDenied where the person may do none of the actions."""
    if not any(request.user.has_perm(each.permission or spec.permission) for each in actions):
        raise PermissionDenied


def chosen_rows(values: list[str]) -> list[ChosenRow]:
    """The selected rows without duplicates. Raises ChosenError."""
    if len(values) > MAX_PAGE_SIZE:
        raise ChosenError(f"row: at most {MAX_PAGE_SIZE} at a time")
    rows: dict[int, ChosenRow] = {}
    for value in values:
        pk, colon, seen = value.partition(":")
        if not (colon and pk.isascii() and pk.isdigit() and len(pk) <= PK_DIGITS):
            raise ChosenError("row: a number, a colon and the revision or status that was shown")
        rows[int(pk)] = ChosenRow(int(pk), seen)
    return list(rows.values())


def _action(spec: ListSpec, name: str) -> BulkAction:
    for action in spec.actions:
        if action.name == name:
            return action
    raise ChosenError(f"act: one of {', '.join(action.name for action in spec.actions)}")


def _each(rows: list[ChosenRow], act: Act, known: Mapping[int, str]) -> tuple[int, list[str]]:
    """How many rows were done, and `name: reason` for each that was refused."""
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
        more = f"; and {len(refused) - MAX_REFUSALS_SHOWN} more" if len(refused) > MAX_REFUSALS_SHOWN else ""
        reasons = "; ".join(refused[:MAX_REFUSALS_SHOWN])
        messages.error(request, f"{action.label}: {counted(len(refused), spec.noun)} refused. {reasons}{more}")


def _confirmation_page(
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
    """A count with its noun: `1 alert`, `2 alerts`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
