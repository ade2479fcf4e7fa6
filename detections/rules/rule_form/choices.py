"""Pure: the choices of the rule form with their labels."""

from __future__ import annotations

from detections.rules.spec.conditions.console_health import CHECKS
from detections.rules.spec.conditions.self_check import SELF_CHECKS
from detections.rules.spec.form_fields import CONDITION, FLOORS
from detections.rules.spec.schema import CHOICES

LEVEL_CHOICES = [(level, level.capitalize()) for level in CHOICES["levels"]]
GROUP_CHOICES = [
    ("route", "Each route by itself"),
    ("prefix", "All routes that the pattern above matches, together"),
    ("issue", "Each issue by itself"),
    ("none", "Everything together"),
]
METHOD_CHOICES = [
    ("nb_tail", "By chance, where errors come in clusters (negative binomial)"),
    ("poisson_tail", "By chance, where errors come one by one (Poisson)"),
    ("mu_plus_k_sigma", "By distance from the mean, in standard deviations"),
]
FLOOR_CHOICES = [
    (
        "gated",
        "Only what is more than usual for this hour fires; the counts above are then the least for each severity",
    ),
    ("always", "The counts above fire as before, and what is more than usual for this hour fires too"),
]
RULE_KINDS = [
    ("exceedance", "Errors: too many, or more than usual"),
    ("signatures", "Known failures only, whatever their number"),
    ("config_finding", "Configuration that is not as its checklist asks"),
    ("rule_health", "Other rules that cannot be judged"),
    ("console_health", "What this console cannot keep apart"),
    ("self_check", "Work that this console no longer does"),
    ("probe_check", "Checks of probes"),
]

KIND_CHOICES = [(kind, kind.replace("_", " ").capitalize()) for kind in CHOICES["kinds"]]
SEVERITY_CHOICES = [("", "Nothing"), *((severity, severity.capitalize()) for severity in CHOICES["severity"])]
CHECK_CHOICES = [(name, f"{text[:1].upper()}{text[1:]}") for name, text in CHECKS.items()]
PROBE_CHOICES = [("high", "High: the rollout must not go on"), ("warn", "Warn: to be looked at, never paged")]
PART_CHOICES = [(name, f"{text[:1].upper()}{text[1:]}") for name, text in SELF_CHECKS.items()]

# The fields that belong to one kind of rule only; the others belong to all kinds, or to those that see events.
OF_KIND = {
    "exceedance": frozenset((*CONDITION, *(f"floor_{severity}" for severity in FLOORS))),
    "config_finding": frozenset({"kinds", "variables", "finding_critical", "finding_warning", "finding_info"}),
    "rule_health": frozenset({"error_slots", "error_severity"}),
    "console_health": frozenset({"checks", "check_minutes", "check_severity"}),
    "self_check": frozenset({"self_checks", "self_severity"}),
    "probe_check": frozenset({"probe_targets", "probe_checks", "probe_severities", "probe_severity"}),
}
OF_EVENTS = frozenset(
    {"route", "levels", "exception_type", "message_contains", "tags", "status_class", "group_by", "signatures"}
)


def belongs(field: str, kind: str) -> bool:
    """Whether a rule of the kind has the field."""
    if field in OF_EVENTS:
        return kind in ("exceedance", "signatures")
    return all(field not in fields for other, fields in OF_KIND.items() if other != kind)
