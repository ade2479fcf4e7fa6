"""What lets a finding count for less: the one place that decides its severity (pure; docs/decisions/0026-easing.md).

| cause                                                     | which findings about the variable | severity        |
|-----------------------------------------------------------|-----------------------------------|-----------------|
| a posture in force                                        | missing, empty                    | the posture's   |
| its checklist item is waived                              | all                               | a step lower    |
| its item is not signed yet, or marked as not applicable   | critical ones                     | warning         |
| the posture or the waiver has lapsed                      | none                              | the full one    |
| what an earlier period of a schedule decided has expired  | none                              | the full one    |

Of several causes the one that eases most counts. None hides a finding: the lowest severity is info. The finding stores
the result, so that rules, pages and the answer to the agent cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from bootstrap.config_health.findings.violation import ABSENCES, CRITICAL, INFO, WARNING, Violation

# The worst first.
STEPS = (CRITICAL, WARNING, INFO)


class EasingCause(StrEnum):
    POSTURE = "posture"
    WAIVED = "waived"
    UNSIGNED = "unsigned"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True)
class Easing:
    """Why findings about one variable count for less. `why` says so with who and until when, without a full stop.

    `severity` is that of a posture, empty for other causes.
    """

    cause: EasingCause
    why: str
    severity: str = ""

    def applied(self, kind: str, severity: str) -> str:
        """The severity of a finding of this kind, never worse than `severity`."""
        if self.cause is EasingCause.POSTURE:
            return max(severity, self.severity, key=STEPS.index) if kind in ABSENCES else severity
        if self.cause is EasingCause.WAIVED:
            return STEPS[min(STEPS.index(severity) + 1, len(STEPS) - 1)]
        return WARNING if severity == CRITICAL else severity


def eased(violation: Violation, easings: Iterable[Easing]) -> Violation:
    """The violation with the severity that counts; `detail` says what eased it, `eased_from` the full severity."""
    best, lowest = None, violation.severity
    for easing in easings:
        severity = easing.applied(violation.kind, violation.severity)
        if STEPS.index(severity) > STEPS.index(lowest):
            best, lowest = easing, severity
    if best is None:
        return violation
    detail = f"{violation.detail} ({lowest} instead of {violation.severity}: {best.why})"
    return replace(violation, severity=lowest, detail=detail, eased_from=violation.severity)
