"""The page of a run."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from bootstrap.checklists.page import run_view
from bootstrap.checklists.queries import run_of
from bootstrap.checklists.sign import PERMISSION
from detections.dashboard.checklists.waiting import waiting_by_item
from opsconsole.lib import clock
from opsconsole.lib.htmx import fragment, is_htmx


@require_safe
@login_required
def run(request: HttpRequest, system: str, environment: str, pk: int) -> HttpResponse:
    """A run with its items, what blocks them, and buttons for those who may sign."""
    found = get_object_or_404(run_of(system, environment), pk=pk)
    context = {
        "view": run_view(found, waiting_by_item(found.environment, clock.now())),
        "may_sign": request.user.has_perm(PERMISSION) and found.closed_at is None,
        "crumbs": [("Checklists", reverse("checklists")), (found.environment.path, None)],
    }
    if is_htmx(request):
        return fragment(request, "bootstrap/checklists/run.html#run", context)
    return render(request, "bootstrap/checklists/run.html", context)
