"""Pages of the policies in runbooks."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from bootstrap.checklists.models import Checklist, Item
from bootstrap.checklists.runs.open_run import PERMISSION as START
from bootstrap.importer.listing import POLICIES
from bootstrap.runbooks.queries import policies
from opsconsole.lib.web.lists.answer import answer, context_of
from opsconsole.lib.web.lists.query import ListQuery
from opsconsole.lib.web.lists.spec import Empty


def crumbs(last: str, above: tuple[str, str] | None = None) -> list[tuple[str, str | None]]:
    """The page's place: beneath Checklists and Runbooks, or beneath `above`."""
    return [("Checklists", reverse("checklist_list")), above or ("Runbooks", reverse("runbook_list")), (last, None)]


@require_safe
@login_required
def policy_list(request: HttpRequest) -> HttpResponse:
    """The policies of all runbooks, as of their newest versions."""
    listing = ListQuery(POLICIES, request)
    place = [("Checklists", reverse("checklist_list")), ("Policies", None)]
    return answer(request, context_of(listing, listing.page(policies()), _no_policies, crumbs=place))


def _no_policies() -> Empty:
    return Empty(
        "No policies yet",
        "A policy is a part of a runbook whose headings speak of rules. Import a runbook that has one.",
        action_label="Runbooks",
        action_url=reverse("runbook_list"),
    )


@require_safe
@login_required
def policy(request: HttpRequest, slug: str) -> HttpResponse:
    """One policy: its text, the incidents that led to it, the checklist that reviews by it."""
    stored = get_object_or_404(policies(), slug=slug)
    checklist = Checklist.objects.filter(slug=stored.checklist_slug).first() if stored.checklist_slug else None
    newest = checklist.versions.values_list("pk", flat=True).first() if checklist else None
    context = {
        "policy": stored,
        "incidents": stored.incidents.all(),
        "references": stored.version.references.all(),
        "checklist": checklist,
        "questions": Item.objects.filter(section__version=newest).order_by("section__order", "order"),
        "newest": newest,
        "may_start": request.user.has_perm(START),
        "crumbs": crumbs(stored.title, ("Policies", reverse("policy_list"))),
    }
    return render(request, "bootstrap/runbooks/policy.html", context)
