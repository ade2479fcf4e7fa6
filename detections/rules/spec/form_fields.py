"""Pure: converts a rule's content to form fields and back, and errors to fields (no ORM).

Thresholds and texts are fields of their own; lists (signatures, sources, …) are rows (`spec.rows`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from detections.rules.spec import rows
from detections.rules.spec.conditions import (
    Condition,
    ConfigFinding,
    ConsoleCheck,
    Exceedance,
    ProbeCheckCondition,
    RuleHealth,
    SelfCheck,
)
from detections.rules.spec.schema import RuleSpec, SpecError
from detections.rules.spec.selector import CONFIG, CONSOLE, Selector, Source

SELECTOR = ("project", "environment", "route", "levels", "exception_type", "message_contains", "status_class")
ONLY_SIGNATURES = "signatures"  # the kind of a rule without a condition
CONDITION = (
    "window_minutes",
    "method",
    "k",
    "alpha",
    "high_alpha",
    "hour_alpha",
    "floor_mode",
    "early_from_hours",
    "alarms_per_week",
)
FLOORS = ("medium", "high", "critical")
FINDINGS = ("critical", "warning", "info")
PLAIN = (
    "title",
    "category",
    "owner",
    "group_by",
    "for_minutes",
    "keep_firing_minutes",
    "documentation",
    "expected_false_positives_per_week",
    "expected_false_positives_note",
    "claimed_validation",
    "parent",
)
SPEC_LISTS = ("signatures", "escalation", "guardrails", "fixtures", "labels")


def to_fields(spec: RuleSpec) -> dict[str, Any]:
    """Initial values of the form."""
    fields: dict[str, Any] = {name: getattr(spec, name) for name in PLAIN}
    fields |= {name: getattr(spec.selector, name) for name in SELECTOR}
    fields["levels"] = list(spec.selector.levels)
    fields["kind"] = next((condition.kind() for condition in spec.conditions), ONLY_SIGNATURES)
    if not spec.counts:
        fields["group_by"] = NEW.group_by  # its kind says how it groups
    for form in FORMS.values():
        fields |= form.show(spec.condition_of(form.condition))
    return fields | rows.to_rows(spec)


def from_fields(fields: dict[str, Any], old: RuleSpec | None = None) -> dict[str, Any]:
    """Plain data for `schema.decode`. A condition of `old` without fields in the form is kept unless another kind is
    chosen."""
    data: dict[str, Any] = {name: fields[name] for name in PLAIN if fields.get(name) is not None}
    lists = rows.from_rows(fields)
    data["selector"] = {name: fields[name] for name in SELECTOR if fields.get(name) is not None}
    data["selector"] |= {name: lists[name] for name in ("sources", "tags")}
    data |= {name: lists[name] for name in SPEC_LISTS}
    data["documentation"] = (fields.get("documentation") or "").replace("\r\n", "\n")  # as browsers end lines
    kind = fields.get("kind") or ONLY_SIGNATURES
    if old is not None and kind not in FORMS and kind != ONLY_SIGNATURES:
        kept = [msgspec.to_builtins(condition) for condition in old.conditions if condition.kind() == kind]
        return data | {"conditions": kept, "group_by": old.group_by}
    return _of_kind(data, FORMS.get(kind), fields, lists)


def _of_kind(
    data: dict[str, Any], form: ConditionForm | None, fields: Mapping[str, Any], lists: Mapping[str, Any]
) -> dict[str, Any]:
    """The data with the condition of the kind that was chosen (None: only signatures fire), and without what belongs to
    other kinds, which the form does not show."""
    data["conditions"] = [form.read(fields, lists)] if form else []
    selector = data["selector"]
    sources = selector["sources"]
    if form is None or form.condition.counts:
        if sources and all(each["source"] in (CONFIG, CONSOLE, ProbeCheckCondition.source) for each in sources):
            selector["sources"] = [{"source": "sentry"}]
        return data
    of_kind = [each for each in sources if each["source"] == form.condition.source]
    places = {name: selector[name] for name in ("project", "environment") if name in selector}
    data["selector"] = {"sources": of_kind or [{"source": form.condition.source}], **places}
    return data | {"group_by": form.condition.group_by, "signatures": []}


class ConditionForm(NamedTuple):
    """How the form edits conditions of one kind.

    `show` returns the initial values of its fields for a condition (None: the rule has none of the kind). `read`
    returns the condition as plain data, from all fields and the data of lists.
    """

    condition: type[Condition]
    show: Callable[[Any], dict[str, Any]]
    read: Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]


def _show_exceedance(condition: Exceedance | None) -> dict[str, Any]:
    shown = condition or Exceedance()
    floors = {f"floor_{name}": getattr(shown.floors, name) for name in FLOORS}
    return {**{name: getattr(shown, name) for name in CONDITION}, **floors}


def _read_exceedance(fields: Mapping[str, Any], lists: Mapping[str, Any]) -> dict[str, Any]:
    condition = {name: fields[name] for name in CONDITION if fields.get(name) is not None}
    floors = {name: fields.get(f"floor_{name}") for name in FLOORS}
    return {"kind": Exceedance.kind(), **condition, "floors": floors}


def _show_config_finding(condition: ConfigFinding | None) -> dict[str, Any]:
    shown = condition or ConfigFinding()
    fields = {f"finding_{name}": getattr(shown.severities, name) or "" for name in FINDINGS}
    return {
        "kinds": list(shown.kinds),
        **fields,
    }


def _read_config_finding(fields: Mapping[str, Any], lists: Mapping[str, Any]) -> dict[str, Any]:
    severities = {name: fields.get(f"finding_{name}") or None for name in FINDINGS}
    return {
        "kind": ConfigFinding.kind(),
        "kinds": fields.get("kinds") or [],
        "variables": lists["variables"],
        "severities": severities,
    }


def _show_rule_health(condition: RuleHealth | None) -> dict[str, Any]:
    shown = condition or RuleHealth()
    return {"error_slots": shown.slots, "error_severity": shown.severity}


def _read_rule_health(fields: Mapping[str, Any], lists: Mapping[str, Any]) -> dict[str, Any]:
    return {"kind": RuleHealth.kind(), "slots": fields["error_slots"], "severity": fields["error_severity"]}


def _show_console_check(condition: ConsoleCheck | None) -> dict[str, Any]:
    shown = condition or ConsoleCheck()
    return {
        "checks": list(shown.checks),
        "check_minutes": shown.window_minutes,
        "check_severity": shown.severity,
    }


def _read_console_check(fields: Mapping[str, Any], lists: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "kind": ConsoleCheck.kind(),
        "checks": fields.get("checks") or [],
        "window_minutes": fields["check_minutes"],
        "severity": fields["check_severity"],
    }


def _show_self_check(condition: SelfCheck | None) -> dict[str, Any]:
    shown = condition or SelfCheck()
    return {
        "self_checks": list(shown.checks),
        "self_severity": shown.severity,
    }


def _read_self_check(fields: Mapping[str, Any], lists: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "kind": SelfCheck.kind(),
        "checks": fields.get("self_checks") or [],
        "severity": fields["self_severity"],
    }


def _show_probe_check(condition: ProbeCheckCondition | None) -> dict[str, Any]:
    shown = condition or ProbeCheckCondition()
    return {
        "probe_severities": list(shown.severities),
        "probe_severity": shown.severity,
    }


def _read_probe_check(fields: Mapping[str, Any], lists: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "kind": ProbeCheckCondition.kind(),
        "targets": lists["probe_targets"],
        "checks": lists["probe_checks"],
        "severities": fields.get("probe_severities") or [],
        "severity": fields["probe_severity"],
    }


FORMS = {
    form.condition.kind(): form
    for form in (
        ConditionForm(Exceedance, _show_exceedance, _read_exceedance),
        ConditionForm(ConfigFinding, _show_config_finding, _read_config_finding),
        ConditionForm(RuleHealth, _show_rule_health, _read_rule_health),
        ConditionForm(ConsoleCheck, _show_console_check, _read_console_check),
        ConditionForm(SelfCheck, _show_self_check, _read_self_check),
        ConditionForm(ProbeCheckCondition, _show_probe_check, _read_probe_check),
    )
}


def field_of(path: str, message: str) -> str | None:
    """The form's field for a SpecError; None where it concerns several."""
    parts = path.replace("[", ".").split(".")
    if listed := next((part for part in parts if part in rows.ROWS), None):
        return listed  # whatever the column is called
    named = message.partition(":")[0]  # checks of several fields begin with the name of one
    if "severities" in (named, parts[-1], *parts[-3:-2]) and not set(FINDINGS) & set(parts):
        return "probe_severities"
    for name in (*reversed(parts), named):
        if name in {*PLAIN, *SELECTOR, *CONDITION, *rows.ROWS, "kinds", "checks"}:
            return name
        if name in FINDINGS and "severities" in parts:
            return f"finding_{name}"
        if name in FLOORS and "floors" in parts:
            return f"floor_{name}"
        if name == "floors":
            return "floor_high"
        if name == "slots":
            return "error_slots"
        if name == "conditions":
            return "kind"
    return None


# Messages for checks of several fields, with the labels of the form.
IN_LABELS = {
    "floors": "Medium has to begin below high, and high below critical.",
    "conditions": "Choose what is counted, or give a known failure below a severity: else the rule never fires.",
    "group_by": "All routes together need a pattern as Route above.",
}
# msgspec's type names and phrases, in plain words.
KINDS = {
    "`float`": "a number",
    "`int`": "a whole number",
    "`str`": "text",
    "`array`": "a list",
    "`object`": "a mapping",
    "Object missing required field": "is without its",
    "Object contains unknown field": "has the unknown field",
    "Invalid enum value": "unknown word",
    r"matching regex '^(\\d{4}-\\d{2}-\\d{2})?$'": "as YYYY-MM-DD",
}


def in_labels(error: SpecError) -> str:
    """The message of a SpecError at its form field: without paths, entries of lists by number."""
    head = error.message.partition(": ")[0]
    if head in IN_LABELS:
        return IN_LABELS[head]
    entry = re.search(r"(?:signatures|escalation|guardrails|fixtures|sources)\[(\d+)\]\.?(.*)$", error.field)
    if entry is not None:
        inside = re.sub(r"\[\d+\]", "", entry[2])
        return f"Entry {int(entry[1]) + 1}{f', {inside}' if inside else ''}: {in_words(error.message)}"
    return in_column(error.message)


def in_column(message: str) -> str:
    """A message at the field or column that it is about: without the name of it, which some begin with."""
    head, _, rest = message.partition(": ")
    words = in_words(rest if rest and re.fullmatch(r"\w+", head) else message)
    return words[:1].upper() + words[1:]


def in_words(message: str) -> str:
    """The message without the names of msgspec's types."""
    for kind, word in KINDS.items():
        message = message.replace(kind, word)
    return re.sub(r"`([^`]*)`", r"“\1”", message)


# Defaults of a new rule: errors of any project, each route against its own week.
NEW = RuleSpec(title="(new)", selector=Selector(sources=(Source("sentry"),)), conditions=(Exceedance(),))
