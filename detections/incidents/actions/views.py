"""Action items: the list of all, and the acts on one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from detections.incidents.action_models import ActionItem
from detections.incidents.actions import acts, listing, page_part
from detections.incidents.actions.forms import ActionForm, form_of
from detections.incidents.actions.queries import items, names, owner_names, owners_of_items
from detections.incidents.actions.row import rows
from detections.incidents.incident_page import IncidentPage
from detections.incidents.open_page import actor_of, crumbs_to, open_page, seen_number, visitor_of, zone_of
from detections.incidents.record.write import IncidentConflict, IncidentInputError
from opsconsole.lib import clock
from opsconsole.lib.web.htmx import fragment, is_htmx
from opsconsole.lib.web.lists import bulk
from opsconsole.lib.web.lists.answer import answer, context_of
from opsconsole.lib.web.lists.query import ListQuery
from opsconsole.lib.web.lists.spec import Empty
from opsconsole.lib.web.redirects import next_url

MAY_CHANGE = "detections.change_incident"
PART = "detections/incidents/_actions.html"
FORM = "detections/incidents/actions/form.html"


@require_safe
@login_required
def action_list(request: HttpRequest) -> HttpResponse:
    """Action items across incidents; the filters are the address."""
    user = visitor_of(request)
    today = clock.now().astimezone(zone_of(user)).date()
    query = ListQuery(listing.ACTIONS, request)
    page = query.page(listing.matching(**query.chosen, today=today))
    shown = context_of(query, page, _none, rows=rows(page.rows, today), may_act=page_part.may_act(user))
    return answer(request, shown, _options, _whole)


@require_POST
@login_required
@permission_required(MAY_CHANGE, raise_exception=True)
def actions_bulk(request: HttpRequest) -> HttpResponse:
    """Finish or drop several, each in a transaction of its own."""
    user, now, why = visitor_of(request), clock.now(), request.POST.get("why", "")
    who: dict[str, Any] = {"by": user, "actor": actor_of(user)}

    def act(do: Callable[[bulk.ChosenRow, int], object]) -> bulk.Act:
        def one(chosen: bulk.ChosenRow) -> None:
            try:
                do(chosen, seen_number(chosen.seen))
            except (acts.ActionConflict, IncidentInputError) as refusal:
                raise bulk.RowRefusedError(str(refusal)) from None

        return one

    by_name = {
        listing.FINISH: act(lambda row, seen: acts.finish(row.pk, now, seen=seen, **who)),
        listing.DROP: act(lambda row, seen: acts.drop(row.pk, why, now, seen=seen, **who)),
    }
    return bulk.perform(request, listing.ACTIONS, by_name, names)


@require_http_methods(["POST"])
@login_required
@permission_required(MAY_CHANGE, raise_exception=True)
def action_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Add an item to an incident."""
    page = open_page(request, pk)
    if not page.may("change_incident"):
        raise PermissionDenied
    form = ActionForm(request.POST)
    try:
        acts.add(pk, form.draft, page.now, by=page.user, actor=actor_of(page.user))
    except IncidentInputError as error:
        form.refuse(error)
        return _not_added(request, page, form, 422)
    except IncidentConflict as closed:
        form.add_error(None, closed.message)
        return _not_added(request, page, form, 409)
    return _done(request, pk, "Added.")


def _not_added(request: HttpRequest, page: IncidentPage, form: ActionForm, status: int) -> HttpResponse:
    """The form with what was typed and why it was refused: in the part for htmx, else on a page of its own."""
    if is_htmx(request):
        return fragment(request, PART, _part(page, form), status=status)
    return _form(request, form, page, "New action item", status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required(MAY_CHANGE, raise_exception=True)
def action_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what an item says. Who saves second is told, and keeps what was typed."""
    item = get_object_or_404(items(), pk=pk)
    page = open_page(request, item.incident_id)
    if request.method != "POST":
        return _form(request, form_of(item), page, "Action item", item=item)
    form = ActionForm(request.POST)
    who: dict[str, Any] = {"by": page.user, "actor": actor_of(page.user)}
    try:
        acts.edit(pk, form.draft, page.now, seen=seen_number(request.POST.get("version", "")), **who)
    except IncidentInputError as error:
        form.refuse(error)
        return _form(request, form, page, "Action item", item=item, status=422)
    except acts.ActionConflict as conflict:
        context = {"item": conflict.item, "conflict": conflict.message, "now_is": form_of(conflict.item).initial}
        return _form(request, form, page, "Action item", status=409, **context)
    messages.success(request, "Changed.")
    return HttpResponseRedirect(next_url(request, reverse("incident", args=[item.incident_id])), status=303)


@require_POST
@login_required
@permission_required(MAY_CHANGE, raise_exception=True)
def action_done(request: HttpRequest, pk: int) -> HttpResponse:
    """An item is done."""
    return _act(request, pk, acts.finish, "Done.")


@require_POST
@login_required
@permission_required(MAY_CHANGE, raise_exception=True)
def action_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """An item is not to be done; `why` says why, and stays in the form where it is refused."""
    item = get_object_or_404(items(), pk=pk)
    page, why = open_page(request, item.incident_id), request.POST.get("why", "")
    try:
        acts.drop(pk, why, page.now, by=page.user, actor=actor_of(page.user), seen=_seen(request))
    except IncidentInputError as error:
        status, dropping = 422, {"why": why, "refused": str(error).partition(": ")[2]}
    except acts.ActionConflict as conflict:
        status, dropping, item = 409, {"why": why, "refused": conflict.message}, conflict.item
    else:
        return _done(request, item.incident_id, "Dropped.")
    return _form(request, form_of(item), page, "Action item", status=status, item=item, dropping=dropping)


@require_POST
@login_required
@permission_required(MAY_CHANGE, raise_exception=True)
def action_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """An item that ended is open again."""
    return _act(request, pk, acts.reopen, "Open again.")


def _act(request: HttpRequest, pk: int, act: Callable[..., ActionItem], said: str) -> HttpResponse:
    user = visitor_of(request)
    incident_id = ActionItem.objects.filter(pk=pk).values_list("incident_id", flat=True).first()
    if incident_id is None:
        raise Http404
    try:
        act(pk, clock.now(), by=user, actor=actor_of(user), seen=_seen(request))
    except (acts.ActionConflict, IncidentInputError) as refusal:
        messages.error(request, str(refusal))
        return _done(request, incident_id, "")
    return _done(request, incident_id, said)


def _seen(request: HttpRequest) -> int | None:
    """The item's revision that the page showed; None where none was sent."""
    return seen_number(request.POST["version"]) if "version" in request.POST else None


def _done(request: HttpRequest, incident_id: int, said: str) -> HttpResponse:
    """The part of the incident's page for htmx, else the page from which the form came."""
    if said:
        messages.success(request, said)
    if is_htmx(request):
        return fragment(request, PART, _part(open_page(request, incident_id)))
    return HttpResponseRedirect(next_url(request, reverse("incident", args=[incident_id])), status=303)


def _part(page: IncidentPage, form: ActionForm | None = None) -> dict[str, Any]:
    return {"incident": page.incident, "page": page, **page_part.context(page, form)}


def _form(
    request: HttpRequest, form: ActionForm, page: IncidentPage, title: str, *, status: int = 200, **more: Any
) -> HttpResponse:
    context = {
        "form": form,
        "incident": page.incident,
        "title": title,
        "owners": owner_names(),
        "back": _back(request, page),
        "crumbs": [*crumbs_to(page.incident), (title, None)],
        **more,
    }
    return render(request, FORM, context, status=status)


def _back(request: HttpRequest, page: IncidentPage) -> str:
    """Where the form leads back to: the page of the console that the address or the form names, else the incident's."""
    target = request.POST.get("next") or request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if safe else reverse("incident", args=[page.incident.pk])


def _options() -> dict[str, dict[str, str]]:
    return {"owner": {listing.NOBODY: "Nobody", **owners_of_items()}}


def _whole() -> dict[str, Any]:
    return {"crumbs": [("Incidents", reverse("incident_list")), ("Action items", None)]}


def _none() -> Empty:
    return Empty("Nothing is to be done", "Action items are added on the page of an incident.", icon="checklist")
