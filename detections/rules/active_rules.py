"""The rules in force with their current version decoded, and the project environments in which they apply."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from detections.rules.models import Rule, RuleVersion
from detections.rules.silence_models import with_mutes
from detections.rules.spec.schema import RuleSpec, SpecError
from detections.telemetry.models import ProjectEnvironment

logger = logging.getLogger(__name__)

JUDGED = (Rule.Mode.ACTIVE, Rule.Mode.SHADOW)


@dataclass(frozen=True)
class LoadedRule:
    """A rule with one of its versions, usually the current one, and its decoded content."""

    rule: Rule
    version: RuleVersion
    spec: RuleSpec

    def applies_to(self, environment: ProjectEnvironment) -> bool:
        """Whether the selector names the environment's project and name, or any."""
        selector = self.spec.selector
        return selector.project in ("", environment.project.slug) and selector.environment in ("", environment.name)


def spec_of(version: RuleVersion | None) -> RuleSpec | None:
    """The content of a version; None without a version, and where this console can no longer read it."""
    if version is None:
        return None
    try:
        return version.decoded
    except SpecError:
        return None


def rules_in_force(identifiers: Iterable[str] | None = None) -> list[LoadedRule]:
    """The rules in a mode of JUDGED (only those of `identifiers`). One query. Logs and skips unreadable rules."""
    rules = with_mutes(Rule.objects.filter(mode__in=JUDGED, current__isnull=False)).select_related("current")
    if identifiers is not None:
        rules = rules.filter(identifier__in=identifiers)
    loaded: list[LoadedRule] = []
    for rule in rules:
        if rule.current is None:
            continue
        try:
            loaded.append(LoadedRule(rule, rule.current, rule.current.decoded))
        except SpecError:
            logger.exception("rule %s cannot be judged: its current version is unreadable", rule.identifier)
    return loaded


def environments(ids: Iterable[int] | None = None) -> dict[int, ProjectEnvironment]:
    """By id, the environments of enabled projects (only those of `ids`), with project and system. One query."""
    rows = ProjectEnvironment.objects.filter(project__enabled=True).select_related("project", "environment__system")
    return {row.id: row for row in (rows if ids is None else rows.filter(id__in=ids))}
