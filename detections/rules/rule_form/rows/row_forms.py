"""What a row of each list holds, in the words of the form."""

from __future__ import annotations

from typing import Any

from django import forms

from detections.rules.rule_form.rows.field import InlineRowsField
from detections.rules.rule_form.rows.formset import RowForm
from detections.rules.rule_form.rows.inputs import RowChoice, RowName, RowNumber, RowText
from detections.rules.spec.rows import APP_VAR

PREREQUISITE_KINDS = [
    ("flag", "Flag is on"),
    ("var", "Variable is set"),
    (APP_VAR, "Variable of one application is set"),
    ("item", "Checklist item is signed"),
    ("section", "Checklist section is complete"),
]
SOURCES = [
    ("", "Choose a source"),
    ("sentry", "Errors by the Sentry protocol"),
    ("router", "The host's router log"),
    ("sentry_api", "Sentry's own API"),
    ("api", "Counts sent to this console's API"),
    ("probe", "Probes"),
    ("config", "Configuration reports"),
    ("console", "This console itself"),
]
SEVERITIES = [
    ("", "None: it only names the cause of what fires"),
    ("medium", "Medium"),
    ("high", "High"),
    ("critical", "Critical"),
]
ENFORCED = [
    ("", "Nothing: it is shown before a change"),
    ("no_tuning_before_baseline", "A reason, until the baseline is established"),
]
SYNTAXES = [("substring", "Text that is contained"), ("regex", "Regular expression (RE2)")]


class PrerequisiteRow(RowForm):
    """What has to be signed off before a source counts."""

    kind = RowChoice(PREREQUISITE_KINDS, "What")
    name = RowName("", "Name", required=True)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        kind, name = data.get("kind"), data.get("name", "")
        if name and kind == APP_VAR and not all(name.partition("/")):
            self.add_error("name", "Give application and variable, as raxx-api/SENTRY_DSN.")
        elif kind == "var" and "/" in name:
            self.cleaned_data["kind"] = APP_VAR
        return data


class SourceRow(RowForm):
    """A source of counts, with its prerequisites."""

    unique = "source"

    source = RowChoice(SOURCES, "Source", required=True)
    prerequisites = InlineRowsField(
        PrerequisiteRow, "prerequisite", most=30, label="Counts once these are signed off", empty="It always counts."
    )


class TagRow(RowForm):
    """A tag that events must carry."""

    unique = "name"

    name = RowName("tag", "Tag", most=200)
    value = RowText(1000, "Value")


class LabelRow(RowForm):
    """A label for people."""

    unique = "name"

    name = RowText(200, "Label", required=True)
    value = RowText(1000, "Value")


class VariableGlobRow(RowForm):
    """A glob over names of variables."""

    name = RowName("variable", "Variable")


class ProbeTargetRow(RowForm):
    """A target of probes by its slug."""

    unique = "name"

    name = RowName("probe_target", "Target")


class ProbeCheckRow(RowForm):
    """A check of probe runs."""

    unique = "name"

    name = RowName("probe_check", "Check")


class FixtureRow(RowForm):
    """A shipped fixture by name."""

    unique = "name"

    name = RowName("fixture", "Fixture")


class CalledOwnerRow(RowForm):
    """An owner whom the rule calls."""

    owner = RowName("owner", "Owner")
    when = RowText(300, "When", lines=2)


class GuardrailRow(RowForm):
    """A warning, and what the form enforces of it."""

    text = RowText(600, "Warning", "In a whole sentence: it is shown by itself.", required=True, lines=2)
    enforce = RowChoice(ENFORCED, "What is enforced")


class SignatureRow(RowForm):
    """A known failure."""

    titled = "name"

    name = RowText(100, "Name", "What people call the failure.", required=True)
    cause = RowText(300, "Cause", "What is wrong when it matches; the alert says it.", required=True)
    owner = RowName("owner", "Owner", "Who answers it.")
    severity = RowChoice(SEVERITIES, "Fires by itself as", "Without one it fires nothing, and names the cause.")
    exception = RowText(300, "Exception", "Its type, also that of a cause that was wrapped.", completion="exception")
    message = RowText(300, "Message", "Looked for in the exception that the type is looked for in.")
    logger = RowText(300, "Logger", "Name of the logger that wrote the event.", completion="logger")
    place = RowText(300, "Place", "Looked for in module:function of the stack's frames.")
    syntax = RowChoice(SYNTAXES, "Read as", "How exception, message, logger and place are read.")
    times = RowNumber(1, 1_000_000, 1, "Times", "It matches from so many events …")
    minutes = RowNumber(1, 60, 5, "Within minutes", "… in so many minutes, 1 to 60.")
    unreported = forms.BooleanField(
        required=False,
        label="Answers 5xx that no event explains",
        help_text="Instead of patterns: the router saw a 5xx, and no event came.",
    )

    @property
    def summary(self) -> str:
        """Severity and owner, as typed or stored."""
        return ", ".join(str(self[name].value()) for name in ("severity", "owner") if self[name].value())
