"""Pages of checklists. The page of one run, with the acts on its items, is in detections.dashboard."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bootstrap.checklists.export import as_markdown
from bootstrap.checklists.listing import NO_RUNS, RUNS, RunRow
from bootstrap.checklists.models import Checklist, Run
from bootstrap.checklists.plans import of_runs
from bootstrap.checklists.plans.queries import overdue, owners_of_runs
from bootstrap.checklists.queries import (
    closed_runs,
    files_of,
    last_acts,
    matching,
    newer_version,
    open_runs,
    progress_by_run,
    run_of,
)
from bootstrap.checklists.refusals import Refusal
from bootstrap.checklists.run_page import run_view
from bootstrap.checklists.runs import open_run
from bootstrap.checklists.runs.close_run import close_runs
from bootstrap.checklists.start_views import start_context
from bootstrap.checklists.version_changes import compare
from bootstrap.checklists.version_queries import newest_versions, wordings
from bootstrap.systems.queries import environments_with_hosts
from opsconsole.accounts.models import User
from opsconsole.accounts.who_may import who_may
from opsconsole.lib import clock
from opsconsole.lib.web.attachments import download
from opsconsole.lib.web.lists.answer import answer, context_of
from opsconsole.lib.web.lists.query import ListQuery

# What the page of environments offers to add, in the order in which they need each other: model, label, explanation.
ADDING = (
    ("system", "System", "A set of applications that one team runs together."),
    ("app", "Application", "One of a system; its variables and the checklist that proves it belong to it."),
    ("environment", "Environment", "Where a system runs, with the names that events may carry: prod, staging."),
    ("deployment", "Deployment", "An application in an environment, under the name that its host knows it by."),
)


@require_safe
@login_required
def checklists(request: HttpRequest) -> HttpResponse:
    """The list of runs with their counts and newest acts, and a form to start one."""
    listing = ListQuery(RUNS, request)
    may_start = request.user.has_perm(open_run.PERMISSION)
    kind = listing.chosen["kind"]

    def whole() -> dict[str, Any]:
        start = (
            start_context(request, request.GET, kind) if may_start else {"who_may_start": who_may(open_run.PERMISSION)}
        )
        return {"segments": _segments(listing), **start}

    context = _list_context(listing, request) | {"may_start": may_start}
    return answer(request, context, lambda: {"owner": owners_of_runs()}, whole)


def _list_context(listing: ListQuery, request: HttpRequest) -> dict[str, Any]:
    assert isinstance(request.user, User)
    chosen, now = listing.chosen, clock.now()
    closed, late = chosen["closed"], overdue(now)
    found = matching(closed_runs() if closed else open_runs(), chosen["kind"], chosen["q"])
    page = listing.page(of_runs.matching(found, chosen, request.user, late))
    progress, last = progress_by_run(page.rows, now), last_acts(page.rows)
    plans, overdue_in = of_runs.run_plans(page.rows, progress, now), of_runs.overdue_items(late)
    newest = {version.checklist_id: version.pk for version in newest_versions(chosen["kind"])} if closed else {}
    rows = [
        RunRow(
            run,
            progress[run.pk],
            last.get(run.pk),
            newest.get(run.version.checklist_id),
            plans[run.pk],
            overdue_in[run.pk],
        )
        for run in page.rows
    ]
    return context_of(listing, page, lambda: NO_RUNS, rows=rows)


def _segments(listing: ListQuery) -> list[tuple[str, str, bool]]:
    kinds = [("", "All"), *Checklist.Kind.choices]
    return [(label, listing.address(kind=name), name == listing.chosen["kind"]) for name, label in kinds]


@require_safe
@login_required
def environments(request: HttpRequest) -> HttpResponse:
    """Environments with the host names of their deployments, and their open checklists."""
    runs = list(open_runs())
    progress = progress_by_run(runs, clock.now())
    rows = [
        (environment, [(run, progress[run.pk]) for run in runs if run.environment_id == environment.pk])
        for environment in environments_with_hosts()
    ]
    adding = [
        (label, text, reverse(f"admin:bootstrap_{model}_add"))
        for model, label, text in ADDING
        if request.user.has_perm(f"bootstrap.add_{model}")
    ]
    return render(request, "bootstrap/systems/environments.html", {"rows": rows, "adding": adding})


@require_safe
@login_required
def print_run(request: HttpRequest, system: str, environment: str, pk: int) -> HttpResponse:
    """A run for printing: items, who signed and notes, without controls."""
    run = get_object_or_404(run_of(system, environment), pk=pk)
    return render(request, "bootstrap/checklists/print.html", {"view": run_view(run, clock.now()), "made": clock.now()})


@require_safe
@login_required
def export_run(request: HttpRequest, system: str, environment: str, pk: int) -> HttpResponse:
    """A run as a markdown file, with who signed what."""
    run = get_object_or_404(run_of(system, environment), pk=pk)
    about = slugify(run.subject)[:60]
    name = "-".join(filter(None, [run.version.checklist.slug, system, environment, about])) + ".md"
    return HttpResponse(
        as_markdown(run_view(run, clock.now())),
        content_type="text/markdown; charset=utf-8",
        headers={"Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or ""},
    )


@require_safe
@login_required
def changes(request: HttpRequest, system: str, environment: str, pk: int) -> HttpResponse:
    """How the newest version of the checklist differs from the one that the run is pinned to."""
    run = get_object_or_404(run_of(system, environment), pk=pk)
    newer = newer_version(run)
    context = {
        "run": run,
        "newer": newer,
        "changes": compare(wordings(run.version_id), wordings(newer.pk)) if newer else None,
        "may_move": request.user.has_perm(open_run.PERMISSION) and run.closed_at is None,
        "crumbs": [
            ("Checklists", reverse("checklist_list")),
            (run.environment.path, run.get_absolute_url()),
            ("Changes", None),
        ],
    }
    return render(request, "bootstrap/checklists/changes.html", context)


@require_POST
@login_required
@permission_required(open_run.PERMISSION, raise_exception=True)
def move_run(request: HttpRequest, system: str, environment: str, pk: int) -> HttpResponse:
    """Move the run to the newest version; items that are the same stay signed."""
    run = get_object_or_404(run_of(system, environment), pk=pk)
    newer = newer_version(run)
    assert isinstance(request.user, User)
    if newer is None:
        messages.info(request, "This is the newest version.")
        return HttpResponseRedirect(run.get_absolute_url(), status=303)
    try:
        following = open_run.move_run(run, newer, request.user, clock.now())
    except Refusal as refusal:
        messages.error(request, f"{refusal}.")
        return HttpResponseRedirect(run.get_absolute_url(), status=303)
    messages.success(request, f"Moved to version {newer.number}; items that are the same stay signed.")
    return HttpResponseRedirect(following.get_absolute_url(), status=303)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required(open_run.PERMISSION, raise_exception=True)
def close_run(request: HttpRequest, system: str, environment: str, pk: int) -> HttpResponse:
    """Ask for confirmation and list what is not done; a POST closes the run for good."""
    run = get_object_or_404(run_of(system, environment), pk=pk)
    if request.method == "POST":
        assert isinstance(request.user, User)
        closed = close_runs(Run.objects.filter(pk=run.pk), clock.now(), request.user)
        message = _closed_in_words(run, closed)
        messages.success(request, message)
        return HttpResponseRedirect(run.get_absolute_url(), status=303)
    view = run_view(run, clock.now())
    context = {
        "view": view,
        "unsettled": [item for item in view.items if not item.settled and not item.optional],
        "crumbs": [("Checklists", reverse("checklist_list")), (run.environment.path, view.url), ("Close", None)],
    }
    return render(request, "bootstrap/checklists/close.html", context)


def _closed_in_words(run: Run, closed: int) -> str:
    if not closed:
        return "It was closed already."
    run.refresh_from_db(fields=["outcome"])
    if run.schedule_id and run.outcome == Run.Outcome.FINISHED:
        return "Closed as finished; its signatures count until they expire."
    return "Closed; what it proved no longer counts."


@require_safe
@login_required
def evidence_file(request: HttpRequest, system: str, environment: str, pk: int, file: int) -> HttpResponse:
    """Download a file that a sign-off of the run names. It is never rendered or run in the console's own origin."""
    run = get_object_or_404(run_of(system, environment), pk=pk)
    stored = get_object_or_404(files_of(run), pk=file)
    return download(stored.name, stored.content_type, bytes(stored.content))
