"""The rules that are judged, with their current version decoded once, and where they apply."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from detections.rules.models import Rule, RuleVersion
from detections.rules.spec.schema import RuleSpec, SpecError, decode
from detections.telemetry.models import ProjectEnvironment

logger = logging.getLogger(__name__)

JUDGED = (Rule.Mode.ACTIVE, Rule.Mode.SHADOW, Rule.Mode.MUTED)


@dataclass(frozen=True)
class InForce:
    """A rule with the version that judges."""

    rule: Rule
    version: RuleVersion
    spec: RuleSpec

    def applies_to(self, environment: ProjectEnvironment) -> bool:
        selector = self.spec.selector
        return selector.project in ("", environment.project.slug) and selector.environment in ("", environment.name)


def spec_of(version: RuleVersion | None) -> RuleSpec | None:
    """What the version says; None where there is none, or where this console can no longer read it."""
    if version is None:
        return None
    try:
        return decode(version.spec)
    except SpecError:
        return None


def rules_in_force(identifiers: Iterable[str] | None = None) -> list[InForce]:
    """The judged rules (or those named), in one query. A version that cannot be read is logged and left out."""
    rules = Rule.objects.filter(mode__in=JUDGED, current__isnull=False).select_related("current")
    if identifiers is not None:
        rules = rules.filter(identifier__in=identifiers)
    found: list[InForce] = []
    for rule in rules:
        if rule.current is None:
            continue
        try:
            found.append(InForce(rule, rule.current, decode(rule.current.spec)))
        except SpecError:
            logger.exception("rule %s cannot be judged: its current version is unreadable", rule.identifier)
    return found


def environments(ids: Iterable[int] | None = None) -> dict[int, ProjectEnvironment]:
    """Where events come from, by id, with project and environment; one query. Disabled projects are left out."""
    rows = ProjectEnvironment.objects.filter(project__enabled=True).select_related("project", "environment__system")
    return {row.id: row for row in (rows if ids is None else rows.filter(id__in=ids))}
