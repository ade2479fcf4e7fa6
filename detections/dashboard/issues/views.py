"""The list of issues, one issue with its events, an event's raw JSON, and what people decide about an issue."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from detections.dashboard import filters as filtering
from detections.dashboard import snippets
from detections.dashboard.issues import listing, page
from detections.dashboard.issues.search import KEYS, STATUSES, parse
from detections.telemetry import bodies, issue_queries, queries, triage
from detections.telemetry.models import Issue
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from opsconsole.lib.web.htmx import fragment, is_htmx

PER_PAGE = 50
EVENTS_PER_PAGE = 50


@require_safe
@login_required
def issue_list(request: HttpRequest) -> HttpResponse:
    """Issues by the search and the filters of the address."""
    filters = filtering.from_query(request.GET)
    search = parse(request.GET.get("q", "is:unresolved"))
    sort = request.GET.get("sort", "last")
    shown = Paginator(listing.matching(filters, search, sort), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "filters": filters,
        "query": request.GET.get("q", "is:unresolved"),
        "search": search,
        "sort": sort,
        "sorts": [(key, words) for key, (words, _) in listing.SORTS.items()],
        "projects": queries.projects(),
        "environments": queries.environment_names(),
        "statuses": STATUSES,
        "search_keys": KEYS,
        "page": shown,
        "rows": listing.rows(list(shown), clock.now()),
    }
    if not context["rows"]:
        context["snippet"] = snippets.first_event()  # empty once anything was ever received
    if is_htmx(request):
        return fragment(request, "detections/dashboard/issue_list.html#rows", context)
    return render(request, "detections/dashboard/issue_list.html", context)


@require_safe
@login_required
def issue(request: HttpRequest, pk: int, event_id: UUID | None = None) -> HttpResponse:
    """One issue with one of its events: the newest, or the one that the address names."""
    found = get_object_or_404(issue_queries.issues(), pk=pk)
    event = issue_queries.event_of(found, event_id)
    if event is None and event_id:
        raise Http404
    context = _frame(found, "event") | {"shown": page.event_page(found, event) if event else None}
    return render(request, "detections/dashboard/issue.html", context)


@require_safe
@login_required
def issue_events(request: HttpRequest, pk: int) -> HttpResponse:
    """The stored events of an issue."""
    found = get_object_or_404(issue_queries.issues(), pk=pk)
    shown = Paginator(issue_queries.stored(found), EVENTS_PER_PAGE).get_page(request.GET.get("page"))
    context = _frame(found, "events") | {"page": shown}
    return render(request, "detections/dashboard/issue_events.html", context)


@require_safe
@login_required
def issue_raw(request: HttpRequest, pk: int, event_id: UUID) -> HttpResponse:
    """The stored event as JSON, to download."""
    found = get_object_or_404(Issue, pk=pk)
    event = issue_queries.event_of(found, event_id)
    body = bodies.unpack(event.body) if event else None
    if body is None:
        raise Http404
    answer = JsonResponse(body, json_dumps_params={"indent": 2, "ensure_ascii": False})
    answer["Content-Disposition"] = f'attachment; filename="{event_id.hex}.json"'
    return answer


@require_POST
@login_required
@permission_required("detections.change_issue", raise_exception=True)
def issue_status(request: HttpRequest, pk: int) -> HttpResponse:
    """Resolve, ignore or reopen an issue."""
    assert isinstance(request.user, User)
    found = get_object_or_404(Issue, pk=pk)
    status = request.POST.get("status", "")
    if status not in Issue.Status.values:
        return HttpResponse(f"status: one of {', '.join(Issue.Status.values)}", status=422, content_type="text/plain")
    if triage.set_status(found.pk, Issue.Status(status), request.user, clock.now()):
        messages.success(request, f"The issue is {Issue.Status(status).label.lower()} now.")
    return HttpResponseRedirect(reverse("issue", args=[pk]), status=303)


def _frame(found: Issue, current: str) -> dict[str, object]:
    """What both tabs of an issue show around their content."""
    address = reverse("issue", args=[found.pk])
    return {
        "issue": found,
        "about": page.about(found, clock.now()),
        "crumbs": [("Issues", reverse("issue_list")), (found.title, None)],
        "tabs": [
            ("Event", address, current == "event", None),
            ("All events", f"{address}events/", current == "events", None),
        ],
    }
