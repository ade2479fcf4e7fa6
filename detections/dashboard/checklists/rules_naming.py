"""The rules in force by the items and sections that they name as prerequisites."""

from __future__ import annotations

from collections import defaultdict

from django.urls import reverse

from bootstrap.importer.editing.consequences import NamingRule
from detections.rules.active_rules import rules_in_force


def rules_naming() -> dict[str, list[NamingRule]]:
    """By prerequisite (`item:KEY`, `section:SLUG`), the rules that have it."""
    naming: dict[str, list[NamingRule]] = defaultdict(list)
    for loaded in rules_in_force():
        rule = NamingRule(loaded.rule.identifier, reverse("rule", args=[loaded.rule.identifier]))
        for predicate in {each for source in loaded.spec.selector.sources for each in source.prerequisites}:
            naming[predicate].append(rule)
    return naming
