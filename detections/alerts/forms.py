"""The form of the routing page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms

from detections.alerts.filters import SEVERITIES
from detections.alerts.routing.matchers import Subject, labels_of, parse_labels
from detections.rules.active_rules import spec_of
from detections.rules.models import Rule
from detections.telemetry.models import ProjectEnvironment

LOCAL = "%Y-%m-%dT%H:%M"
# A week around it, in any zone, is within the years that can be computed with.
YEARS = range(1900, 9000)


class TryRoutingForm(forms.Form):
    """An imagined alert to route: rule, severity, project environment, group, labels and time."""

    rule = forms.ModelChoiceField(Rule.objects.select_related("current"), to_field_name="identifier", empty_label=None)
    severity = forms.ChoiceField(choices=[(word, word.capitalize()) for word in SEVERITIES])
    where = forms.ModelChoiceField(
        ProjectEnvironment.objects.select_related("project"),
        required=False,
        empty_label="Any",
        label="Project and environment",
    )
    labels = forms.CharField(
        required=False,
        max_length=1000,
        help_text="Beside those of the rule, or in their place: team=solver component=solver.",
    )
    group = forms.CharField(required=False, max_length=300, label="Route or other group")
    at = forms.DateTimeField(
        label="Time (UTC)",
        input_formats=[LOCAL, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(format=LOCAL, attrs={"type": "datetime-local"}),
    )

    def __init__(self, data: Any = None, *, now: datetime) -> None:
        super().__init__(data, initial={"at": now, "severity": "high"})

    def clean_at(self) -> datetime:
        at: datetime = self.cleaned_data["at"]
        if at.year not in YEARS:
            raise forms.ValidationError(f"Write a year from {YEARS[0]} to {YEARS[-1]}.")
        return at

    def clean_labels(self) -> dict[str, str]:
        try:
            return parse_labels(self.cleaned_data["labels"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None

    def subject_and_time(self) -> tuple[Subject, datetime]:
        """The arguments of `routing.match_policies`. Call it on a valid form."""
        rule, environment = self.cleaned_data["rule"], self.cleaned_data["where"]
        spec = spec_of(rule.current)
        subject = Subject(
            rule=rule.identifier,
            category=rule.category,
            severity=self.cleaned_data["severity"],
            project=environment.project.slug if environment else "",
            environment=environment.name if environment else "",
            group=self.cleaned_data["group"],
            labels={**(labels_of(spec) if spec else {}), **self.cleaned_data["labels"]},
            never_pages=spec is not None and spec.never_pages,
        )
        return subject, self.cleaned_data["at"]
