"""The answer to a request for a list: the whole page, or to htmx the list alone (no ORM)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from opsconsole.lib.web.htmx import fragment, is_htmx
from opsconsole.lib.web.lists.query import ListPage, ListQuery
from opsconsole.lib.web.lists.spec import Empty

FRAGMENT = "components/list/list.html"
Options = Mapping[str, Mapping[str, str]]


def context_of(listing: ListQuery, page: ListPage, empty: Callable[[], Empty], **more: Any) -> dict[str, Any]:
    """The context of the list's templates. `rows` may be given in place of the page's own, one for one; `empty` is
    asked only where there is no row although nothing was filtered."""
    none = empty() if not page.rows and not listing.filters.narrowed else None
    return {"listing": listing, "page": page, "rows": page.rows, "empty": none, "here": listing.here, **more}


def answer(
    request: HttpRequest,
    context: Mapping[str, Any],
    options: Callable[[], Options] = dict,
    whole: Callable[[], Mapping[str, Any]] = dict,
    status: int = 200,
) -> HttpResponse:
    """The list. `options` (of the filters by name) and `whole` (further context of the page) are asked for the page
    only: a poll brings neither."""
    if is_htmx(request):
        return fragment(request, FRAGMENT, context, status=status)
    listing: ListQuery = context["listing"]
    listing.offer(options())
    return render(request, listing.spec.template, {**context, **whole()}, status=status)
