"""The list of issues, one issue with its events, an event's raw JSON, and changes of an issue's status."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from detections.dashboard import snippets
from detections.dashboard.issues import listing, page
from detections.dashboard.issues.events_listing import EVENTS, EventFilterForm
from detections.dashboard.issues.scope import scope_asked, scope_query
from detections.telemetry import bodies, queries
from detections.telemetry.issues import queries as issue_queries
from detections.telemetry.issues import triage
from detections.telemetry.issues.scope import FigureScope, with_figures
from detections.telemetry.models import Issue
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from opsconsole.lib.web.lists import bulk
from opsconsole.lib.web.lists.answer import Options, answer, context_of
from opsconsole.lib.web.lists.query import ListQuery
from opsconsole.lib.web.lists.spec import Empty


@require_safe
@login_required
def issue_list(request: HttpRequest) -> HttpResponse:
    """The issues that match the search and the filters of the address."""
    query = ListQuery(listing.ISSUES, request)
    filters = query.filters
    assert isinstance(filters, listing.IssueFilterForm)
    filters.remark_on_search()
    issues = listing.page_of(query, filters)
    scope = listing.scope_of(filters)
    rows = listing.rows(issues.rows, clock.now(), scope)
    context = context_of(query, issues, lambda: _no_issues(filters.chosen["q"]), rows=rows, figures_of=scope.words)
    return answer(request, context, _options)


@require_POST
@login_required
@permission_required(listing.MAY_ACT, raise_exception=True)
def issues_bulk(request: HttpRequest) -> HttpResponse:
    """Resolve, ignore or reopen several issues; one whose status has changed since it was shown is refused."""

    def to(status: Issue.Status) -> bulk.Act:
        def act(row: bulk.ChosenRow) -> None:
            assert isinstance(request.user, User)
            try:
                changed = triage.set_status(row.pk, status, request.user, clock.now(), seen=row.seen)
            except triage.StatusChangedError as error:
                raise bulk.RowRefusedError(f"{error}") from None
            if not changed:
                raise bulk.RowRefusedError(f"it is {status.label.lower()} already")

        return act

    return bulk.perform(request, listing.ISSUES, {status: to(status) for status in Issue.Status}, issue_queries.titles)


@require_safe
@login_required
def issue(request: HttpRequest, pk: int, event_id: UUID | None = None) -> HttpResponse:
    """One issue with one of its events: the newest, or the one that the address names."""
    shown, scope = _asked(request, pk)
    event = issue_queries.event_of(shown, event_id, scope)
    if event is None and event_id:
        raise Http404
    context = _frame(shown, scope, request, "event")
    context["event_page"] = page.event_page(shown, event, scope) if event else None
    return render(request, "detections/dashboard/issue.html", context)


@require_safe
@login_required
def issue_events(request: HttpRequest, pk: int) -> HttpResponse:
    """The stored events of an issue."""
    shown, scope = _asked(request, pk)
    query = ListQuery(EVENTS, request)
    filters = query.filters
    assert isinstance(filters, EventFilterForm)
    filters.remark_on_search()
    events = issue_queries.stored(shown, scope).filter(filters.search.condition)
    context = context_of(query, query.page(events), _no_events)
    return answer(request, context | _frame(shown, scope, request, "events"))


@require_safe
@login_required
def issue_raw(request: HttpRequest, pk: int, event_id: UUID) -> HttpResponse:
    """The stored event as JSON, to download."""
    event = issue_queries.event_of(get_object_or_404(Issue, pk=pk), event_id)
    body = bodies.unpack(event.body) if event else None
    if body is None:
        raise Http404
    answer = JsonResponse(body, json_dumps_params={"indent": 2, "ensure_ascii": False})
    answer["Content-Disposition"] = f'attachment; filename="{event_id.hex}.json"'
    return answer


@require_POST
@login_required
@permission_required(listing.MAY_ACT, raise_exception=True)
def issue_status(request: HttpRequest, pk: int) -> HttpResponse:
    """Resolve, ignore or reopen an issue."""
    assert isinstance(request.user, User)
    changed = get_object_or_404(Issue, pk=pk)
    status = request.POST.get("status", "")
    if status not in Issue.Status.values:
        return HttpResponse(f"status: one of {', '.join(Issue.Status.values)}", status=422, content_type="text/plain")
    if triage.set_status(changed.pk, Issue.Status(status), request.user, clock.now()):
        messages.success(request, f"The issue is {Issue.Status(status).label.lower()} now.")
    return HttpResponseRedirect(reverse("issue", args=[pk]), status=303)


def _no_issues(query: str) -> Empty:
    """The empty state of the list: what to do, with a snippet while nothing was ever received."""
    if code := snippets.first_event():
        return Empty(
            "No issues yet: nothing was ever received",
            "Put this where your application starts; its first error is the first issue here, within seconds. "
            "Any Sentry SDK works.",
            icon="issue",
            code=code,
            code_id="first-event",
            code_label="Python snippet with the DSN",
        )
    if query:
        return Empty(
            "No unresolved issue",
            "Everything that was reported is resolved or ignored. New errors, and resolved ones that come back, "
            "appear here by themselves.",
            icon="check",
            action_label="All issues",
            action_url="?q=",
        )
    return Empty(
        "No issues yet",
        "The first error that a project reports becomes the first issue here. The overview says how to send one.",
        icon="issue",
        action_label="Overview",
        action_url="/",
    )


def _no_events() -> Empty:
    return Empty(
        "No event of this issue is stored any more",
        "Events are dropped when they are older than the retention; the counts stay.",
        icon="clock",
    )


def _options() -> Options:
    return {
        "project": {each.slug: each.name for each in queries.projects()},
        "environment": {name: name for name in queries.environment_names()},
    }


def _asked(request: HttpRequest, pk: int) -> tuple[Issue, FigureScope]:
    """The issue with its figures in the scope that the address names; of all events where it has none in that scope."""
    scope = scope_asked(request.GET)
    if scope and (found := with_figures(issue_queries.issues(), scope).filter(pk=pk).first()):
        return found, scope
    everything = issue_queries.EVERYTHING
    return get_object_or_404(with_figures(issue_queries.issues(), everything), pk=pk), everything


def _frame(issue: Issue, scope: FigureScope, request: HttpRequest, current: str) -> dict[str, object]:
    """The context that both tabs of an issue share; `current` is the tab that is shown."""
    address, query, asked = reverse("issue", args=[issue.pk]), scope_query(scope), scope_asked(request.GET)
    return {
        "issue": issue,
        "summary": page.issue_summary(issue, clock.now(), scope),
        "figures_of": scope.words,
        "scope_query": query,
        "no_events": asked.words if asked != scope else "",
        "crumbs": [("Issues", reverse("issue_list")), (issue.title, None)],
        "tabs": [
            ("Event", f"{address}{query}", current == "event", None),
            ("All events", f"{address}events/{query}", current == "events", None),
        ],
    }
