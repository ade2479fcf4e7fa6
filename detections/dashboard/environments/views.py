"""The page on which a name of events is said to mean an environment; a POST makes it so."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from bootstrap.systems.add_environment import add_environment
from bootstrap.systems.environment_names import folded
from bootstrap.systems.models import Environment
from detections.dashboard.environments.form import LinkForm
from detections.rules.active_rules import rules_in_force
from detections.telemetry.environment_links import UnlinkedName, link_environments, name_environment, unlinked_names
from detections.telemetry.models import ProjectEnvironment
from opsconsole.lib import clock

MAY_LINK = "bootstrap.change_environment"
MAY_ADD = "bootstrap.add_environment"


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required(MAY_LINK, raise_exception=True)
def link(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks which environment the name means; a POST adds the alias or the environment, and links the events."""
    place = get_object_or_404(ProjectEnvironment.objects.select_related("project", "environment__system"), pk=pk)
    names = {each.place.pk: each for each in unlinked_names(clock.now(), place.project.slug)}
    if pk not in names:
        messages.info(request, f"Nothing is to be linked: {place.path} belongs to an environment, or sends no more.")
        return HttpResponseRedirect(reverse("overview"), status=303)
    form = LinkForm(request.POST or None, unlinked=names[pk], may_add=request.user.has_perm(MAY_ADD))
    if form.is_valid():
        try:
            environment = _linked(names[pk], form)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, f"Events of {place.project.slug} that say {place.name} are {environment.path}.")
            return HttpResponseRedirect(reverse("overview"), status=303)
    return _page(request, names[pk], form)


@transaction.atomic
def _linked(unlinked: UnlinkedName, form: LinkForm) -> Environment:
    environment = form.environment or add_environment(unlinked.system, form.cleaned_data["slug"])
    if folded(unlinked.place.name) in environment.names:
        link_environments([unlinked.place.project_id])
        return environment
    return name_environment(unlinked, environment)


def _page(request: HttpRequest, unlinked: UnlinkedName, form: LinkForm) -> HttpResponse:
    """With the rules in force that name what would no longer be counted so."""
    place = unlinked.place
    context = {
        "unlinked": unlinked,
        "form": form,
        "rules": [rule.rule for rule in rules_in_force() if rule.spec.selector.environment and rule.applies_to(place)],
        "crumbs": [("Overview", reverse("overview")), (f"Link {place.path}", None)],
    }
    status = 422 if form.is_bound else 200
    return render(request, "detections/dashboard/environment_link.html", context, status=status)
