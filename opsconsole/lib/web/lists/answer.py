"""The response to a request for a list: the page, or for htmx only the list (no ORM)."""

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
    """The context of the list's templates.

    `empty` is called only if there is no row and no filter. `rows` among `more` replaces the page's rows one for one.
    """
    empty_state = empty() if not page.rows and not listing.filters.narrowed else None
    return {"listing": listing, "page": page, "rows": page.rows, "empty": empty_state, "here": listing.here, **more}


def answer(
    request: HttpRequest,
    context: Mapping[str, Any],
    options: Callable[[], Options] = dict,
    whole: Callable[[], Mapping[str, Any]] = dict,
    status: int = 200,
) -> HttpResponse:
    """The page, or for htmx the list.

    `options` (of the filters, by name) and `whole` (more context for the page) are called for the page only, never on a
    poll.
    """
    if is_htmx(request):
        return fragment(request, FRAGMENT, context, status=status)
    listing: ListQuery = context["listing"]
    listing.offer(options())
    return render(request, listing.spec.template, {**context, **whole()}, status=status)
