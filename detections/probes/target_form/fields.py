"""The fields of the form of a target that are not simply those of its columns."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from detections.probes.target_form import written
from detections.probes.target_form.places import PlaceField
from detections.probes.target_form.split_rows import SplitRowsField
from opsconsole.lib.web.secret_input import SecretInput, SecretLines

HIDDEN = {"autocomplete": "off", "spellcheck": "false", "rows": 2, "class": "vLargeTextField secret-lines"}


class HeadersField(forms.CharField):
    """Headers as lines; its value is a dict by name."""

    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})

    def __init__(self, **options: Any) -> None:
        super().__init__(strip=False, required=False, **options)

    def prepare_value(self, value: Any) -> Any:
        return written.write_headers(value) if isinstance(value, dict) else value

    def clean(self, value: Any) -> dict[str, str]:
        try:
            return written.read_headers(super().clean(value) or "")
        except written.CannotRead as error:
            raise ValidationError(str(error)) from None

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return (initial or {}) != self.clean(data)
        except ValidationError:
            return True


class AnyChoiceField(forms.MultipleChoiceField):
    """Boxes whose choices are known when the rest was checked: the form judges what was ticked."""

    def valid_value(self, value: Any) -> bool:
        return True


class TargetFields(forms.Form):
    """Headers as lines, the body as text or JSON, the split as rows, secrets, and what may be reached."""

    project_environment = PlaceField()
    headers = HeadersField(help_text="One a line, e.g. Accept: application/json")
    debug_headers = HeadersField(
        help_text="Sent besides by runs with policy debug. One a line, e.g. x-aurora-policy-debug: true"
    )
    secret_headers = forms.CharField(
        required=False,
        strip=False,
        widget=SecretLines(attrs=HIDDEN),
        help_text="Sealed, and never shown again. One a line, e.g. Authorization: Bearer …",
    )
    body_kind = forms.ChoiceField(
        choices=[("text", "Text"), ("json", "JSON")], label="Body is", help_text="JSON is checked as such."
    )
    body = forms.CharField(
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "class": "vLargeTextField", "spellcheck": "false"}),
        help_text="e.g. {&quot;message&quot;: &quot;ping&quot;, &quot;session_id&quot;: &quot;{session_id}&quot;}. "
        "{session_id}, {user_id} and {sample} are fresh for each sample, in headers too.",
    )
    split_header = forms.CharField(
        required=False,
        label="Header",
        max_length=100,
        help_text="Where answers say their variant, e.g. x-aurora-variant. Empty: no split is looked at.",
    )
    split_variants = SplitRowsField(
        required=False,
        label="Variants",
        help_text="Shares from 0 to 1 that are 1 together, e.g. control 0.9, canary 0.1. Least and most: the range "
        "that is allowed, e.g. 0.08 and 0.12; without one an exact test decides. Without variants the split is only "
        "reported.",
    )
    split_min_samples = forms.IntegerField(
        required=False, label="Judged from", help_text="Answers, 30 to 1000000. Empty: 300."
    )
    split_window_hours = forms.IntegerField(
        required=False, label="Pooled over", help_text="Hours of runs, 1 to 168. Empty: 24."
    )
    webhook_token = forms.CharField(
        required=False,
        max_length=4000,
        widget=SecretInput(attrs={"autocomplete": "new-password", "class": "vTextField"}),
        help_text="Sealed. Sent as Authorization: Bearer and x-aurora-probe-token.",
    )
    opens_checklist = forms.ChoiceField(
        required=False, help_text="A high check opens a run of it in the environment of the target."
    )
    reach = AnyChoiceField(
        required=False,
        label="May reach",
        widget=forms.CheckboxSelectMultiple,
        help_text="Public addresses over https need nothing here. Where the base is an internal address, saving asks.",
    )
