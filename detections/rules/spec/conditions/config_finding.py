"""Pure: the condition of a rule that reads findings of configuration reports (no ORM)."""

from __future__ import annotations

from typing import ClassVar, Literal

from detections.rules.spec.conditions.base import Condition
from detections.rules.spec.primitives import Name, SeverityName, SpecPart

# What can be wrong with a variable, or with a deployment's reports (docs/decisions/0007).
FindingKind = Literal[
    "missing",
    "empty",
    "bad_format",
    "wrong_literal",
    "fallback_active",
    "forbidden_present",
    "changed_since_sign_off",
    "must_equal_broken",
    "must_differ_broken",
    "flag_without_coverage",
    "stale",
]


class FindingSeverities(SpecPart, frozen=True):
    """The alert's severity for each severity of a finding. None: such findings fire nothing."""

    critical: SeverityName | None = "critical"
    warning: SeverityName | None = "medium"  # a posture allows it for now: it pages nobody
    info: SeverityName | None = None


class ConfigFinding(SpecPart, Condition, frozen=True, tag_field="kind", tag="config_finding"):
    """What an environment reports of its configuration is not what its checklist asks for.

    Fires in a minute in which a finding of these kinds, about a variable that one of the globs matches, was open.
    """

    counts: ClassVar[bool] = False
    source: ClassVar[str] = "config"
    group_by: ClassVar[str] = "variable"
    about: ClassVar[str] = "configuration"
    fixture_words: ClassVar[str] = "findings"

    kinds: tuple[FindingKind, ...] = ()  # empty: all
    variables: tuple[Name, ...] = ()  # globs over names; empty: all, and the report as a whole
    severities: FindingSeverities = FindingSeverities()

    def selects(self, where: str) -> str:
        variables = f" of {', '.join(self.variables)}" if self.variables else ""
        kinds = f", as far as it is {', '.join(kind.replace('_', ' ') for kind in self.kinds)}" if self.kinds else ""
        return f"Reads what the configuration reports of {where} show{variables}{kinds}"

    def sentences(self) -> list[str]:
        severities = self.severities
        steps = (("critical", severities.critical), ("warning", severities.warning), ("info", severities.info))
        fires = [f"a finding of severity {found} is {severity}" for found, severity in steps if severity]
        quiet = [found for found, severity in steps if not severity]
        sentence = f"For as long as reports show it: {', '.join(fires)}."
        return [f"{sentence} One of severity {' or '.join(quiet)} fires nothing." if quiet else sentence]

    def alert_severities(self) -> set[SeverityName]:
        found = (self.severities.critical, self.severities.warning, self.severities.info)
        return {severity for severity in found if severity}
