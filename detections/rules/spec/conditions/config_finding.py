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
    "overdue_item",
    "overdue_run",
]
# Of checklists, not of reports: a rule reads them only where it names them.
OVERDUE: tuple[FindingKind, ...] = ("overdue_item", "overdue_run")


class FindingSeverities(SpecPart, frozen=True):
    """The alert's severity for each severity of a finding. None: such findings fire nothing."""

    critical: SeverityName | None = "critical"
    warning: SeverityName | None = "medium"  # a posture allows it for now: it pages nobody
    info: SeverityName | None = None


class ConfigFinding(SpecPart, Condition, frozen=True, tag_field="kind", tag="config_finding"):
    """What an environment reports of its configuration is not what its checklist asks for; or, where `kinds` names it,
    something in its checklists is overdue.

    Fires in a minute in which a finding of these kinds, about a variable that one of the globs matches, was open. What
    is overdue has the item's key, or the checklist's title, with its run: `SENTRY_DSN (run 12)`.
    """

    counts: ClassVar[bool] = False
    source: ClassVar[str] = "config"
    group_by: ClassVar[str] = "variable"
    about: ClassVar[str] = "configuration"
    fixture_words: ClassVar[str] = "findings"

    kinds: tuple[FindingKind, ...] = ()  # empty: all but those of OVERDUE
    variables: tuple[Name, ...] = ()  # globs over names; empty: all, and the report as a whole
    severities: FindingSeverities = FindingSeverities()

    @property
    def of_checklists(self) -> bool:
        """Whether it reads nothing but what is overdue."""
        return bool(self.kinds) and set(self.kinds) <= set(OVERDUE)

    def reads(self, kind: str) -> bool:
        """Whether it reads findings of this kind."""
        return kind in self.kinds if self.kinds else kind not in OVERDUE

    def selects(self, where: str) -> str:
        variables = f" of {', '.join(self.variables)}" if self.variables else ""
        kinds = f", as far as it is {', '.join(kind.replace('_', ' ') for kind in self.kinds)}" if self.kinds else ""
        if self.of_checklists:
            named = " and ".join({"overdue_item": "items", "overdue_run": "whole checklists"}[k] for k in self.kinds)
            return f"Reads which {named} of the checklists of {where} are overdue{variables}"
        return f"Reads what the configuration reports of {where} show{variables}{kinds}"

    def sentences(self) -> list[str]:
        severities = self.severities
        steps = (("critical", severities.critical), ("warning", severities.warning), ("info", severities.info))
        fires = [f"a finding of severity {found} is {severity}" for found, severity in steps if severity]
        quiet = [found for found, severity in steps if not severity]
        lasts = "they are" if self.of_checklists else "reports show it"
        sentence = f"For as long as {lasts}: {', '.join(fires)}."
        return [f"{sentence} One of severity {' or '.join(quiet)} fires nothing." if quiet else sentence]

    def alert_severities(self) -> set[SeverityName]:
        found = (self.severities.critical, self.severities.warning, self.severities.info)
        return {severity for severity in found if severity}
