"""Finds the deployment that a person names."""

from __future__ import annotations

from bootstrap.checklists.models import Run
from bootstrap.systems.models import Deployment


class NotFoundError(LookupError):
    """No deployment, or no single one; the message names the choices."""


def find_deployment(environment: str, app: str | None) -> Deployment:
    """The deployment of `app` in `environment` (`system/environment`). Raises NotFoundError.

    Without `app`: the only one there, or the only one whose application has an open checklist there.
    """
    system, _, slug = environment.partition("/")
    there = Deployment.objects.filter(environment__system__slug=system, environment__slug=slug)
    found = list(there.select_related("app", "environment__system").order_by("app__slug"))
    if not found:
        raise NotFoundError("Nothing is deployed there; name an environment as system/environment, e.g. raptor/prod.")
    chosen = [each for each in found if each.app.slug == app] if app else found
    if app is None and len(chosen) > 1:
        open_runs = Run.objects.filter(environment=found[0].environment_id, closed_at__isnull=True)
        apps = set(open_runs.values_list("version__checklist__app_id", flat=True))
        chosen = [each for each in found if each.app_id in apps]
    if len(chosen) != 1:
        raise NotFoundError(f"Which application: {', '.join(each.app.slug for each in found)}?")
    return chosen[0]
