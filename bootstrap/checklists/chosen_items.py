"""Which items the page of a run showed when a form on it was sent, so that the answer shows the same ones."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest, QueryDict

from bootstrap.checklists.models import Run
from bootstrap.checklists.run_filter import RunFilter, RunItemsForm


def items_form(request: HttpRequest, run: Run) -> RunItemsForm:
    """The filter in the page's own address, or of an act in the address of the page that it was sent from.

    The address of the page is the browser's to tell (Referer; of this console only). It survives the page that asks for
    the password, which keeps the head of the request.
    """
    if request.method in ("GET", "HEAD"):
        return RunItemsForm(request.GET)
    try:
        sent_from = urlsplit(request.META.get("HTTP_REFERER", ""))
    except ValueError:  # no address at all
        return RunItemsForm(QueryDict())
    return RunItemsForm(QueryDict(sent_from.query if sent_from.path == run.get_absolute_url() else ""))


def back_to(request: HttpRequest, run: Run) -> str:
    """The address of the run's page with that filter."""
    return f"{run.get_absolute_url()}{RunFilter.of(items_form(request, run).chosen).query}"
