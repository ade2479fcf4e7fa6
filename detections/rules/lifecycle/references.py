"""Checks the names in a rule: with an unknown project or environment it would look armed and never fire."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bootstrap.systems.models import Environment
from detections.rules.models import Rule
from detections.rules.spec.schema import RuleSpec
from detections.telemetry.models import Project, ProjectEnvironment
from opsconsole.lib.lookup import close_matches


def unknown_names(spec: RuleSpec, identifier: str) -> Iterator[tuple[str, str]]:
    """(field, message with known names) for unknown project, environment and parent. At most three queries."""
    if spec.selector.project:
        projects = Project.objects.values_list("slug", flat=True)
        yield from _unless_known("project", spec.selector.project, projects)
    if spec.selector.environment:
        counted = ProjectEnvironment.objects.values_list("name", flat=True)  # linked to no environment, too
        environments = Environment.objects.values_list("slug", flat=True).union(counted)
        yield from _unless_known("environment", spec.selector.environment, environments)
    if spec.parent:
        rules = Rule.objects.exclude(identifier=identifier).values_list("identifier", flat=True)
        yield from _unless_known("parent", spec.parent, rules)


def _unless_known(field: str, name: str, known: Iterable[str]) -> Iterator[tuple[str, str]]:
    names = sorted(set(known))
    if name in names:
        return
    similar = close_matches(name, names, limit=1)
    advice = f"did you mean {similar[0]}?" if similar else f"there are: {', '.join(names) or 'none'}"
    yield field, f"No {field} is called {name}; {advice}"
