"""The fields of rules over the checks of probes."""

from __future__ import annotations

from django import forms

from detections.rules.rule_form.choices import PROBE_CHOICES, SEVERITY_CHOICES
from detections.rules.rule_form.fields import marked
from detections.rules.rule_form.rows.field import InlineRowsField
from detections.rules.rule_form.rows.row_forms import ProbeCheckRow, ProbeTargetRow


class ProbeFields(forms.Form):
    """Which checks of which targets, and how severe an alert about one is."""

    probe_targets = InlineRowsField(
        ProbeTargetRow,
        "target",
        label="Which targets",
        help_text="What is probed, by the name in its address.",
        empty="Every target.",
    )
    probe_checks = InlineRowsField(
        ProbeCheckRow,
        "check",
        label="Which checks",
        help_text=marked("Names such as `meta_missing`; `no_run` is the absence of runs."),
        empty="Every check of runs; their absence has to be named.",
    )
    probe_severities = forms.MultipleChoiceField(
        choices=PROBE_CHOICES,
        required=False,
        initial=["high"],
        widget=forms.CheckboxSelectMultiple,
        label="How severe the check is",
        help_text="Informational checks raise nothing.",
    )
    probe_severity = forms.ChoiceField(
        choices=SEVERITY_CHOICES[1:],
        initial="high",
        label="Severity",
        help_text="Of the alerts. Medium where warn checks are among them: they page nobody.",
    )
