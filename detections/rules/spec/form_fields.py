"""Pure: converts a rule's content to form fields and back, and errors to fields (no ORM).

Thresholds and texts are fields of their own; lists (signatures, sources, …) are YAML as in packs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from detections.rules.spec.conditions import Condition, ConfigFinding, ConsoleCheck, Exceedance, RuleHealth, SelfCheck
from detections.rules.spec.schema import RuleSpec, SpecError, brief
from detections.rules.spec.selector import CONFIG, CONSOLE, ERROR_LEVELS, Selector, Source
from opsconsole.lib.text import yaml

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
YAML_LISTS = ("signatures", "escalation", "guardrails", "fixtures")
YAML_FIELDS = ("sources", "tags", "labels", "variables", *YAML_LISTS)


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
    fields["sources"] = _dump([brief(source) for source in spec.selector.sources])
    fields["tags"], fields["labels"] = _dump(spec.selector.tags), _dump(spec.labels)
    for name in YAML_LISTS:
        fields[name] = _dump(brief(spec).get(name, []))
    return fields


def from_fields(fields: dict[str, Any]) -> dict[str, Any]:
    """Plain data for `schema.decode`. Raises SpecError where a YAML text cannot be read."""
    data: dict[str, Any] = {name: fields[name] for name in PLAIN if fields.get(name) is not None}
    lists = {name: _load(name, fields.get(name) or "") for name in YAML_FIELDS}
    data["selector"] = {name: fields[name] for name in SELECTOR if fields.get(name) is not None}
    if set(fields.get("levels") or ()) == set(ERROR_LEVELS):
        data["selector"]["levels"] = list(ERROR_LEVELS)  # in another order than the form's, which is no change
    data["selector"] |= {"sources": lists["sources"] or [], "tags": lists["tags"] or {}}
    data |= {name: lists[name] or [] for name in YAML_LISTS}
    data["labels"] = lists["labels"] or {}
    data["documentation"] = (fields.get("documentation") or "").replace("\r\n", "\n")  # as browsers end lines
    return _of_kind(data, FORMS.get(fields.get("kind") or ONLY_SIGNATURES), fields, lists)


def _of_kind(
    data: dict[str, Any], form: ConditionForm | None, fields: Mapping[str, Any], lists: Mapping[str, Any]
) -> dict[str, Any]:
    """The data with the condition of the kind that was chosen (None: only signatures fire), and without what belongs to
    other kinds, which the form does not show."""
    data["conditions"] = [form.read(fields, lists)] if form else []
    selector = data["selector"]
    sources = [each for each in selector["sources"] if isinstance(each, dict)]
    if form is None or form.condition.counts:
        if sources and all(each.get("source") in (CONFIG, CONSOLE) for each in sources):
            selector["sources"] = [{"source": "sentry"}]
        return data
    of_kind = [each for each in sources if each.get("source") == form.condition.source]
    places = {name: selector[name] for name in ("project", "environment") if name in selector}
    data["selector"] = {"sources": of_kind or [{"source": form.condition.source}], **places}
    return data | {"group_by": form.condition.group_by, "signatures": []}


class ConditionForm(NamedTuple):
    """How the form edits conditions of one kind.

    `show` returns the initial values of its fields for a condition (None: the rule has none of the kind). `read`
    returns the condition as plain data, from all fields and the parsed lists.
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
        "variables": _dump(list(shown.variables)),
        **fields,
    }


def _read_config_finding(fields: Mapping[str, Any], lists: Mapping[str, Any]) -> dict[str, Any]:
    severities = {name: fields.get(f"finding_{name}") or None for name in FINDINGS}
    return {
        "kind": ConfigFinding.kind(),
        "kinds": fields.get("kinds") or [],
        "variables": lists["variables"] or [],
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


FORMS = {
    form.condition.kind(): form
    for form in (
        ConditionForm(Exceedance, _show_exceedance, _read_exceedance),
        ConditionForm(ConfigFinding, _show_config_finding, _read_config_finding),
        ConditionForm(RuleHealth, _show_rule_health, _read_rule_health),
        ConditionForm(ConsoleCheck, _show_console_check, _read_console_check),
        ConditionForm(SelfCheck, _show_self_check, _read_self_check),
    )
}


def field_of(path: str, message: str) -> str | None:
    """The form's field for a SpecError; None where it concerns several."""
    parts = path.replace("[", ".").split(".")
    named = message.partition(":")[0]  # checks of several fields begin with the name of one
    for name in (*reversed(parts), named):
        if name in {*PLAIN, *SELECTOR, *CONDITION, *YAML_FIELDS, "kinds", "checks"}:
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
    head, _, rest = error.message.partition(": ")
    if head in IN_LABELS:
        return IN_LABELS[head]
    message = error.message
    for kind, word in KINDS.items():
        message = message.replace(kind, word)
    message = re.sub(r"`([^`]*)`", r"“\1”", message)
    entry = re.search(r"(?:signatures|escalation|guardrails|fixtures|sources)\[(\d+)\]\.?(.*)$", error.field)
    if entry is not None:
        inside = re.sub(r"\[\d+\]", "", entry[2])
        return f"Entry {int(entry[1]) + 1}{f', {inside}' if inside else ''}: {message}"
    if rest and re.fullmatch(r"\w+", head):
        message = message.partition(": ")[2]
    return message[:1].upper() + message[1:]


def _dump(value: Any) -> str:
    return yaml.dump(value, width=100) if value else ""


def _load(field: str, text: str) -> Any:
    try:
        return yaml.load(text)
    except yaml.YamlError as error:
        raise SpecError(field, str(error)) from None


# Defaults of a new rule: errors of any project, each route against its own week.
NEW = RuleSpec(title="(new)", selector=Selector(sources=(Source("sentry"),)), conditions=(Exceedance(),))
