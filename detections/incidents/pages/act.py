"""Carries out an act on an incident for a view: checks who may, acts, and says what came of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from detections.incidents.models import Incident
from detections.incidents.open_page import open_page, seen_number
from detections.incidents.pages.views import show
from detections.incidents.record.write import IncidentConflict, IncidentInputError
from opsconsole.lib.web.htmx import is_htmx
from opsconsole.lib.web.redirects import next_url

CLOSED = "It is closed, and only those who may edit closed incidents change it."


def perform(
    request: HttpRequest,
    pk: int,
    act: Callable[[int | None], Incident],
    done: str | Callable[[Incident], str],
    *,
    permission: str,
    refused: Callable[[int], HttpResponse] | None = None,
) -> HttpResponse:
    """Carries out `act`, which gets the revision that the page showed, and says that it is done. A conflict is answered
    409, an input that cannot be taken 422, each with its message and what was typed: by `refused` (of a form on a page
    of its own), which gets that status, else by the incident's page. `permission`: as `IncidentPage.may` asks for it;
    empty: the caller has checked."""
    if permission:
        allow(request, pk, permission)
    try:
        acted = act(seen(request))
    except Incident.DoesNotExist:
        raise Http404 from None
    except IncidentConflict as conflict:
        messages.error(request, conflict.message)
        return (refused or partial(_refused, request, pk))(409)
    except IncidentInputError as error:
        messages.error(request, f"Not done. {sentence(error)}")
        return (refused or partial(_refused, request, pk))(422)
    said = done if isinstance(done, str) else done(acted)
    messages.success(request, said if acted.changed else "Nothing changed: it was so already.")
    if is_htmx(request):
        return _refresh(204)
    return HttpResponseRedirect(next_url(request, reverse("incident", args=[pk])), status=303)


def allow(request: HttpRequest, pk: int, permission: str) -> None:
    """403 where the visitor may not act on the incident as it is; 404 where there is none."""
    if not open_page(request, pk).may(permission):
        raise PermissionDenied(CLOSED)


def seen(request: HttpRequest) -> int | None:
    """The revision that the page showed; None where none was sent."""
    version = request.POST.get("version", "")
    return seen_number(version) if version else None


def sentence(error: IncidentInputError) -> str:
    """The error as people read it, without the name of the field before it."""
    text = str(error).partition(": ")[2] or str(error)
    return text[:1].upper() + text[1:]


def _refused(request: HttpRequest, pk: int, status: int) -> HttpResponse:
    if is_htmx(request):
        return _refresh(status)
    match = request.resolver_match
    return show(request, pk, status=status, typed={match.url_name or "": request.POST} if match else {})


def _refresh(status: int) -> HttpResponse:
    """To htmx: swaps nothing, and makes the head load itself again, with the message."""
    return HttpResponse(status=status, headers={"HX-Trigger": "poll"})
