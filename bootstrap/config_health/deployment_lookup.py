"""Finds a deployment by the names that people use in commands and requests."""

from __future__ import annotations

from bootstrap.checklists.models import Run
from bootstrap.systems.models import Deployment
from bootstrap.systems.queries import named
from opsconsole.lib.lookup import Ambiguous, NotFound


def find_deployment(environment: str, app: str | None) -> Deployment:
    """The deployment of the application `app` in `environment`, given as `system/environment` (or an alias of it).

    With `app` None: the only deployment there, or the only one whose application has an open checklist there. Raises
    NotFound, and Ambiguous where `app` is None and several deployments qualify.
    """
    system, _, slug = environment.partition("/")
    deployments = Deployment.objects.select_related("app", "environment__system").order_by("app__slug")
    in_environment = list(deployments.filter(environment__system__slug=system, environment__in=named(slug)))
    if not in_environment:
        known = {deployment.environment.path for deployment in deployments}
        raise NotFound("deployment in", environment, known=known, place="(system/environment, e.g. raptor/prod)")
    chosen = [each for each in in_environment if each.app.slug == app] if app else in_environment
    if app is None and len(chosen) > 1:
        open_runs = Run.objects.filter(environment=in_environment[0].environment_id, closed_at__isnull=True)
        apps = set(open_runs.values_list("version__checklist__app_id", flat=True))
        chosen = [each for each in in_environment if each.app_id in apps]
    if len(chosen) == 1:
        return chosen[0]
    if app:
        raise NotFound("application", app, known=[each.app.slug for each in in_environment], place=f"in {environment}")
    raise Ambiguous("application", [each.app.slug for each in in_environment])
