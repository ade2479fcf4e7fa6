"""The form of an invariant: a field of its own for each field that a kind has, in place of JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django import forms

from detections.probes.models import KINDS, ProbeInvariant
from detections.probes.program import NO_RUN, probe
from detections.probes.target_form import written

BARE_OPERATORS = ("exists", "absent")
NUMBERS = ("min", "max", "percentile", "max_ms", "min_days")
FIELDS = tuple(dict.fromkeys(name for kind in probe.KINDS.values() for name in kind.fields))
MEANINGS = {
    "present": "present: paths that must be there and not null",
    "header_equals": "header equals: a header must say what the body says",
    "integer_range": "integer range: a whole number from min to max",
    "bucket_map": "bucket map: the bucket decides the variant",
    "json": "json: a value of the body, compared",
    "header": "header: the value of a header, compared",
    "latency": "latency: how long answers may take",
    "tls_expiry": "tls expiry: how long the certificate must still be good",
}
HELP = {
    "paths": "One a line, e.g. meta",
    "header": "e.g. cache-control",
    "path": 'Into the JSON of the answer, e.g. meta.bucket, items[0].id or meta["a.b"]',
    "operator": "How the value is compared; matches takes a glob with * and ?.",
    "value": 'A text, or JSON: ok, 200, true, ["a", "b"] (for one_of); a text that looks like a number in quotes: '
    '"200". None for exists and absent.',
    "min": "The least that is allowed, e.g. 0",
    "max": "The most that is allowed, e.g. 99",
    "bucket": "The path of the bucket, e.g. meta.rollout_bucket",
    "variant": "The path of the variant, e.g. meta.rollout_variant",
    "map": "A bucket or a range and its variant a line, e.g. 0-9 canary",
    "percentile": "Of the answers of a run, e.g. 95: that many of a hundred must be as fast. 95 if empty.",
    "max_ms": "Milliseconds, e.g. 800",
    "min_days": "Days, e.g. 21",
}


def kinds_with(name: str) -> tuple[str, ...]:
    """The kinds that have a field."""
    return tuple(kind for kind in KINDS if name in probe.KINDS[kind].fields)


class ProbeInvariantForm(forms.ModelForm[ProbeInvariant]):
    """Only fields of the chosen kind may be filled in: with the script the others are not there."""

    class Meta:
        model = ProbeInvariant
        fields = ("kind", "check_id", "severity")
        labels = {"check_id": "Check"}
        help_texts = {
            "kind": "What is looked at.",
            "check_id": "Lower-case letters, digits and _, e.g. queue_too_long. Empty: its kind's own.",
            "severity": "High pages and closes the gate, warn never pages. Empty: its kind's own.",
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["severity"].choices = [("", "Its kind's own"), *ProbeInvariant.Severity.choices]  # type: ignore[attr-defined]
        self.fields["kind"].choices = [("", "Choose a kind"), *MEANINGS.items()]  # type: ignore[attr-defined]
        if self.instance.pk:
            self.initial.update(values_of(self.instance.as_json()))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        kind = data.get("kind")
        if not kind or self.errors:
            return data
        own = probe.KINDS[kind].fields
        for name in FIELDS:
            if name not in own and data.get(name) not in (None, ""):
                self.add_error(name, f"{kind} has no {name}: it has {', '.join(own)}. Leave this empty.")
        row = self._row(kind, data)
        if row and (refused := refusal_of(row)):
            self.add_error(*refused)
        return data

    @property
    def typed_row(self) -> dict[str, Any] | None:
        """The row of the target's file; None for one that is empty, removed or refused."""
        if not self.cleaned_data.get("kind") or self.errors or self.cleaned_data.get("DELETE"):
            return None
        return self.instance.as_json()

    def _row(self, kind: str, data: Mapping[str, Any]) -> dict[str, Any] | None:
        """What was typed as a row of the target's file."""
        row: dict[str, Any] = {"kind": kind}
        for name in probe.KINDS[kind].fields:
            typed = data.get(name)
            if typed in (None, ""):
                continue
            try:
                row[name] = _read(name, typed, str(data.get("operator", "")))
            except written.CannotRead as error:
                self.add_error(name, str(error))
                return None
        self.instance.fields = {name: value for name, value in row.items() if name != "kind"}
        named = {"check": data["check_id"], "severity": data["severity"]}
        return {**row, **{name: value for name, value in named.items() if value}}


def values_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """What the form shows of a row of a target's file."""
    shown: dict[str, Any] = {
        "kind": row.get("kind", ""),
        "check_id": row.get("check", ""),
        "severity": row.get("severity", ""),
    }
    for name in FIELDS:
        if name in row:
            shown[name] = _written(name, row[name], str(row.get("operator", "")))
    return shown


def refusal_of(row: Mapping[str, Any]) -> tuple[str, str] | None:
    """The field of the form that the probe refuses in a row, and why; None where it takes the row."""
    if row.get("check") == NO_RUN:
        return "check_id", f"{NO_RUN} is the console's own: that no run ends any more. Give it another name."
    try:
        probe.read_invariant(row, "")
    except probe.ProbeError as error:
        return said_of(str(error), row)
    return None


def said_of(error: str, row: Mapping[str, Any]) -> tuple[str, str]:
    """The field of the form that an error of the probe belongs to, and the error as a sentence."""
    problem = re.sub(r"^[: ]+", "", error)
    return _field_of(problem, row, probe.KINDS[row["kind"]].fields), f"{problem[:1].upper()}{problem[1:]}."


def _field_of(problem: str, row: Mapping[str, Any], own: tuple[str, ...]) -> str:
    """The field of the form that the probe's words are about: one that they begin with, one whose value they quote, or
    the first that the kind has."""
    if problem.startswith(f"{row['kind']} reads JSON"):
        return "kind"
    names = {"check": "check_id", "severity": "severity", **{name: name for name in own}}
    for name, field in names.items():
        if re.match(rf"{name}\b", problem):
            return field
    if re.match(rf"(?:{'|'.join(probe.OPERATORS)})\b", problem) and "value" in own:
        return "value"
    for name in own:
        if isinstance(row.get(name), str) and repr(row[name].strip())[:50] in problem:
            return name
    return own[0]


def _read(name: str, typed: Any, operator: str) -> Any:
    if name == "paths":
        return written.read_paths(typed)
    if name == "map":
        return written.read_map(typed)
    if name == "value":
        return written.read_value(typed.strip(), operator)
    return typed.strip() if isinstance(typed, str) else typed


def _written(name: str, value: Any, operator: str) -> Any:
    if name == "paths" and isinstance(value, list):
        return "\n".join(map(str, value))
    if name == "map" and isinstance(value, dict):
        return written.write_map({key: str(variant) for key, variant in value.items()})
    return written.write_value(value, operator) if name == "value" else value


def _form_field(name: str) -> forms.Field:
    kinds = kinds_with(name)
    attrs = {"data-kinds": " ".join(kinds)}
    given: dict[str, Any] = {"required": False, "label": name.replace("_", " ").capitalize(), "help_text": HELP[name]}
    if name == "operator":
        choices = [("", "Choose one"), *((each, each.replace("_", " ")) for each in probe.OPERATORS)]
        return forms.ChoiceField(choices=choices, widget=forms.Select(attrs=attrs), **given)
    if name in NUMBERS:
        return forms.IntegerField(widget=forms.NumberInput(attrs={**attrs, "class": "vIntegerField"}), **given)
    if name in ("paths", "map"):
        return forms.CharField(widget=forms.Textarea(attrs={**attrs, "rows": 3, "cols": 40}), **given)
    return forms.CharField(widget=forms.TextInput(attrs={**attrs, "class": "vTextField"}), strip=False, **given)


# Declared from the kinds, so that a new one needs only its words here.
ProbeInvariantForm.declared_fields.update({name: _form_field(name) for name in FIELDS})
ProbeInvariantForm.base_fields.update(ProbeInvariantForm.declared_fields)
