"""Pages of environments: findings, the matrix of variables, drift, and tokens for agents."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bootstrap.config_health.drift_listing import DRIFT, NO_DRIFT
from bootstrap.config_health.example_diff import NoReportError, compare
from bootstrap.config_health.models import VariableChange
from bootstrap.config_health.pages.environment import agent_command, cron_line, drift_in_words, environment_view
from bootstrap.config_health.pages.matrix import MatrixFilter, build
from bootstrap.config_health.reports import tokens
from bootstrap.systems.forms import ExampleForm
from bootstrap.systems.models import App, Deployment, Environment, System
from bootstrap.systems.setting.read import place_of
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from opsconsole.lib.web.lists.answer import answer, context_of
from opsconsole.lib.web.lists.query import ListQuery


@require_safe
@login_required
def environment(request: HttpRequest, system: str, environment: str) -> HttpResponse:
    """One environment: findings and what to do about them, reports, drift, tokens, checklists and postures."""
    place = get_object_or_404(Environment.objects.select_related("system"), system__slug=system, slug=environment)
    context: dict[str, Any] = {
        "view": environment_view(place, clock.now()),
        "agent": (command := agent_command(settings.PUBLIC_URL, "<token>")),
        "cron": cron_line(command),
        "may_make_tokens": request.user.has_perm(tokens.PERMISSION),
        "crumbs": [("Environments", reverse("environment_list")), (place.path, None)],
    }
    if request.user.has_perm("bootstrap.add_deployment"):
        context["add_label"] = "Add a deployment"
        context["add_url"] = f"{reverse('admin:bootstrap_deployment_add')}?environment={place.pk}"
    return render(request, "bootstrap/config_health/environment.html", context)


@require_safe
@login_required
def matrix(request: HttpRequest) -> HttpResponse:
    """A table of variables by environments, with a mark for each state."""
    wanted = MatrixFilter(
        request.GET.get("system", ""), request.GET.get("app", ""), request.GET.get("show") == "problems"
    )
    apps = App.objects.order_by("slug").values_list("slug", flat=True).distinct()
    context = {
        "matrix": build(wanted, clock.now()),
        "wanted": wanted,
        "systems": System.objects.order_by("slug"),
        "apps": apps.filter(system__slug=wanted.system) if wanted.system else apps,
        "crumbs": [("Environments", reverse("environment_list")), ("Matrix", None)],
    }
    return render(request, "bootstrap/config_health/matrix.html", context)


@require_safe
@login_required
def drift(request: HttpRequest, system: str, environment: str, app: str) -> HttpResponse:
    """The changes of one deployment's variables, newest first."""
    place = _deployment(system, environment, app)
    listing = ListQuery(DRIFT, request)
    page = listing.page(VariableChange.objects.filter(deployment=place))
    rows, crumbs = drift_in_words(page.rows), _crumbs(place, "Drift")
    return answer(request, context_of(listing, page, lambda: NO_DRIFT, rows=rows, place=place, crumbs=crumbs))


@require_http_methods(["GET", "POST"])
@login_required
def example_diff(request: HttpRequest, system: str, environment: str, app: str) -> HttpResponse:
    """A `.env.example` compared with the newest report. Nothing of it is stored."""
    place = _deployment(system, environment, app)
    form = ExampleForm(request.POST, request.FILES) if request.method == "POST" else ExampleForm()
    context: dict[str, Any] = {"place": place, "form": form, "crumbs": _crumbs(place, ".env.example")}
    if form.is_bound and form.is_valid():
        try:
            context["diff"] = compare(place, form.content)
            context["not_understood"] = form.content.not_understood
            context["form"] = ExampleForm(initial={"text": form.source})
        except NoReportError as error:
            form.add_error(None, f"{str(error)[:1].upper()}{str(error)[1:]}.")
    status = 422 if form.is_bound and not form.is_valid() else 200
    return render(request, "bootstrap/config_health/example_diff.html", context, status=status)


@never_cache
@require_POST
@login_required
@permission_required(tokens.PERMISSION, raise_exception=True)
def make_token(request: HttpRequest, system: str, environment: str, app: str) -> HttpResponse:
    """Make a report token and show it once. No redirect follows: that would have to store the token's text."""
    place = _deployment(system, environment, app)
    assert isinstance(request.user, User)
    _, text = tokens.create(place, request.user, clock.now())
    context = {
        "place": place,
        "setting": place_of(place),
        "text": text,
        "command": (command := agent_command(settings.PUBLIC_URL, text)),
        "cron": cron_line(command),
        "crumbs": _crumbs(place, "Token"),
    }
    return render(request, "bootstrap/config_health/token.html", context)


def _deployment(system: str, environment: str, app: str) -> Deployment:
    known = Deployment.objects.select_related("app", "environment__system")
    return get_object_or_404(known, environment__system__slug=system, environment__slug=environment, app__slug=app)


def _crumbs(place: Deployment, last: str) -> list[tuple[str, str | None]]:
    here = place.environment
    address = reverse("environment", args=[here.system.slug, here.slug])
    return [("Environments", reverse("environment_list")), (here.path, address), (f"{place.host_name}: {last}", None)]
