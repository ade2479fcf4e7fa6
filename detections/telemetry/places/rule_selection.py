"""What rules in force select by name, for the digest: such routes and environments are counted for them beyond limits.

Rules stand above this package: a trigger on their table keeps these rows (`rules.selection_trigger`), so that a rule
that is armed or edited is known to the next batch, whoever changes it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from django.db import models

from detections.telemetry.models import Project, ProjectEnvironment
from detections.telemetry.routes import glob


class RuleSelection(models.Model):
    """The names in a rule's selector; an empty one selects all. Rules that name neither route nor environment have no
    row: nothing is lost to them."""

    rule = models.BigIntegerField(unique=True, help_text="Id of the rule.")
    project = models.TextField(blank=True)
    environment = models.TextField(blank=True)
    route = models.TextField(blank=True, help_text="Glob over routes and URL paths.")

    def __str__(self) -> str:
        return f"{self.project or '*'}/{self.environment or '*'} {self.route}".strip()


class Paths(NamedTuple):
    """A route and the URL path pattern beside it ('' where it is the route)."""

    route: str
    url_path: str = ""


def patterns(environment_ids: Collection[int]) -> dict[int, list[str]]:
    """By project environment, the globs of the rules that apply there, sorted. Two queries."""
    selections = list(RuleSelection.objects.exclude(route="").values_list("project", "environment", "route"))
    rows = ProjectEnvironment.objects.filter(id__in=environment_ids).values_list("id", "project__slug", "name")
    return {
        pk: sorted({route for of, at, route in selections if of in ("", slug) and at in ("", name)})
        for pk, slug, name in rows
    }


def selecting(globs: Collection[str], paths: Paths) -> list[str]:
    """Those of the globs that match the route or the URL path, in their order."""
    return [pattern for pattern in globs if _matches(pattern, paths)]


def names_itself(globs: Collection[str], paths: Paths) -> bool:
    """Whether a rule names this very route, or this URL path where the route is its end (a mounted application)."""
    mounted = paths.url_path and paths.url_path.endswith(paths.route)
    return any("*" not in g and (g == paths.route or (mounted and g == paths.url_path)) for g in globs)


def environment_names(project_ids: Collection[int]) -> set[tuple[int, str]]:
    """(project id, environment name) that rules name. Two queries."""
    selections = list(RuleSelection.objects.exclude(environment="").values_list("project", "environment"))
    projects = Project.objects.filter(id__in=project_ids).values_list("id", "slug") if selections else ()
    return {(pk, name) for pk, slug in projects for of, name in selections if of in ("", slug)}


def _matches(pattern: str, paths: Paths) -> bool:
    fits = glob(pattern)
    return fits(paths.route) or (bool(paths.url_path) and fits(paths.url_path))
