"""The owner and the due date of one item, set in its panel on the page of a run."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from bootstrap.checklists.chosen_items import back_to
from bootstrap.checklists.plans.assign import PERMISSION, assign
from bootstrap.checklists.plans.forms import PlanForm
from bootstrap.checklists.plans.views import change_in_words
from bootstrap.checklists.refusals import Refusal
from detections.dashboard.checklists.refusal_messages import by_form, by_rule
from detections.dashboard.checklists.views import refused_page, run_and_item
from opsconsole.accounts.models import User
from opsconsole.lib import clock


@require_POST
@login_required
@permission_required(PERMISSION, raise_exception=True)
def plan_item(request: HttpRequest, system: str, environment: str, pk: int, item: int) -> HttpResponse:
    """Set both; what is refused is told beside the form, which keeps what was typed."""
    run, wanted = run_and_item(system, environment, pk, item)
    form, now = PlanForm(request.POST), clock.now()
    assert isinstance(request.user, User)
    if not form.is_valid():
        return refused_page(request, run, by_form(wanted, request.POST, form))
    try:
        change, seen = form.change(now), form.cleaned_data["seen"]
        assign(run, [wanted.pk], change, request.user, now, seen)
    except Refusal as refusal:
        return refused_page(request, run, by_rule(wanted, request.POST, refusal, f"{wanted.key} was not changed. "))
    messages.success(request, f"{wanted.key}: {change_in_words(change)}.")
    return HttpResponseRedirect(f"{back_to(request, run)}#item-{wanted.key}", status=303)
