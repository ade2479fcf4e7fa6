"""The form of the routing page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms

from detections.alerts.filters import SEVERITIES
from detections.alerts.routing.matchers import Subject
from detections.rules.models import Rule
from detections.telemetry.models import ProjectEnvironment

LOCAL = "%Y-%m-%dT%H:%M"


class TryRoutingForm(forms.Form):
    """An imagined alert to route: rule, severity, project environment and time."""

    rule = forms.ModelChoiceField(Rule.objects.all(), to_field_name="identifier", empty_label=None)
    severity = forms.ChoiceField(choices=[(word, word.capitalize()) for word in SEVERITIES])
    where = forms.ModelChoiceField(
        ProjectEnvironment.objects.select_related("project"),
        required=False,
        empty_label="Any",
        label="Project and environment",
    )
    at = forms.DateTimeField(
        label="Time (UTC)",
        input_formats=[LOCAL, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(format=LOCAL, attrs={"type": "datetime-local"}),
    )

    def __init__(self, data: Any = None, *, now: datetime) -> None:
        super().__init__(data, initial={"at": now, "severity": "high"})

    def subject_and_time(self) -> tuple[Subject, datetime]:
        """The arguments of `routing.match_policies`. Call it on a valid form."""
        rule, environment = self.cleaned_data["rule"], self.cleaned_data["where"]
        subject = Subject(
            rule=rule.identifier,
            category=rule.category,
            severity=self.cleaned_data["severity"],
            project=environment.project.slug if environment else "",
            environment=environment.name if environment else "",
        )
        return subject, self.cleaned_data["at"]
