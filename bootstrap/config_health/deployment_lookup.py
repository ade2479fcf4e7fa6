"""Finds the deployment that a person names."""

from __future__ import annotations

from bootstrap.checklists.models import Run
from bootstrap.systems.models import Deployment
from opsconsole.lib.lookup import Ambiguous, NotFound


def find_deployment(environment: str, app: str | None) -> Deployment:
    """The deployment of `app` in `environment` (`system/environment`). Raises NotFound, Ambiguous without `app`.

    Without `app`: the only one there, or the only one whose application has an open checklist there.
    """
    system, _, slug = environment.partition("/")
    deployments = Deployment.objects.select_related("app", "environment__system").order_by("app__slug")
    found = list(deployments.filter(environment__system__slug=system, environment__slug=slug))
    if not found:
        known = {deployment.environment.path for deployment in deployments}
        raise NotFound("deployment in", environment, known=known, place="(system/environment, e.g. raptor/prod)")
    chosen = [each for each in found if each.app.slug == app] if app else found
    if app is None and len(chosen) > 1:
        open_runs = Run.objects.filter(environment=found[0].environment_id, closed_at__isnull=True)
        apps = set(open_runs.values_list("version__checklist__app_id", flat=True))
        chosen = [each for each in found if each.app_id in apps]
    if len(chosen) == 1:
        return chosen[0]
    if app:
        raise NotFound("application", app, known=[each.app.slug for each in found], place=f"in {environment}")
    raise Ambiguous("application", [each.app.slug for each in found])
