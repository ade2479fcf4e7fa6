"""Reads where variables are set."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from bootstrap.systems.models import Deployment, Environment, System
from bootstrap.systems.setting.place import Place

Places = Mapping[tuple[int, int | None], Place]


def place_of(deployment: Deployment) -> Place:
    """Of a deployment that is loaded with application, environment and system. No query."""
    system = deployment.environment.system
    return Place(
        deployment.set_with or system.set_with,
        deployment.host_name,
        deployment.app.slug,
        deployment.environment.slug,
        system.slug,
        deployment.written if deployment.set_with else {**system.written, **deployment.written},
    )


def place_in(environment: Environment, app: int | None) -> Place:
    """Of an application in an environment, of the first deployment without one; where it is not deployed, what its
    system says. One query. Load the system with the environment."""
    rows = (
        Deployment.objects.filter(environment=environment).order_by("pk").select_related("app", "environment__system")
    )
    found = (rows.filter(app=app) if app else rows).first()
    return place_of(found) if found else bare_place(environment.system, environment.slug)


def places_in(environments: Collection[int]) -> dict[tuple[int, int | None], Place]:
    """By environment and application id, and by None for the first deployment or what the system says. Two queries."""
    found: dict[tuple[int, int | None], Place] = {}
    deployments = Deployment.objects.filter(environment__in=environments).order_by("pk")
    for each in deployments.select_related("app", "environment__system"):
        place = place_of(each)
        found[each.environment_id, each.app_id] = place
        found.setdefault((each.environment_id, None), place)
    bare: set[int] = {pk for pk in environments if (pk, None) not in found}
    for pk, place in _of_systems(bare).items():
        found[pk, None] = place
    return found


def place_for(places: Places, environment: int, app: int | None) -> Place:
    """Of an application in an environment; where it is not deployed, what its system says, without a host."""
    found = places.get((environment, app))
    return found or replace(places.get((environment, None), Place()), host=None)


def _of_systems(environments: Collection[int]) -> dict[int, Place]:
    """Of environments without a deployment. One query where there are any."""
    if not environments:
        return {}
    rows = Environment.objects.filter(pk__in=environments).select_related("system")
    return {row.pk: bare_place(row.system, row.slug) for row in rows}


def bare_place(system: System, environment: str) -> Place:
    """What the system says, of no deployment."""
    return Place(system.set_with, None, "", environment, system.slug, system.written)
