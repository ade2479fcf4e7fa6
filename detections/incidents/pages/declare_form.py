"""The form by which an incident is declared, filled in from its alerts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django import forms

from bootstrap.systems.models import Environment
from detections.alerts.hand_over_form import choices as whom
from detections.alerts.models import Alert
from detections.incidents.models import TITLE_LENGTH, Incident, SeverityLevel
from detections.incidents.pages.fields import LocalTimeField, RowsField, local, set_zone
from detections.incidents.record.draft import IncidentDraft
from detections.incidents.record.from_alerts import told
from detections.incidents.record.inputs import SUMMARY_LENGTH
from detections.telemetry.models import ProjectEnvironment
from opsconsole.accounts.models import Owner

MANY = ("alerts", "places", "environments", "targets")


class DeclareForm(forms.Form):
    """What is seen at once comes first; what the alerts say is filled in, and can be opened."""

    title = forms.CharField(
        max_length=TITLE_LENGTH,
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": "Say in a few words what is wrong."},
    )
    severity = forms.TypedChoiceField(coerce=int)
    commander = forms.CharField(max_length=160, required=False, widget=forms.Select)
    started_at = LocalTimeField("Start of impact", "Empty: not known yet.")
    summary = forms.CharField(
        required=False,
        max_length=SUMMARY_LENGTH,
        widget=forms.Textarea({"rows": 3}),
        help_text="What is known, in a few sentences (markdown).",
    )
    alerts = RowsField("Alerts")
    places = RowsField("Affected environments")
    environments = RowsField("Affected environments of systems")
    targets = RowsField("Who gets its updates", "PagerDuty, Jira and Opsgenie take none.")
    another = forms.BooleanField(required=False, label="Declare another anyway")
    key = forms.CharField(required=False, max_length=36, widget=forms.HiddenInput)

    def __init__(
        self, data: Any = None, *, zone: ZoneInfo, draft: IncidentDraft, alerts: Sequence[Alert], commander: str
    ) -> None:
        """`draft` is made of `alerts`; `commander` is the name that is filled in."""
        initial = {
            **{name: getattr(draft, name) for name in ("title", "severity", "summary", *MANY)},
            "started_at": local(draft.started_at, zone),
            "commander": commander,
            "key": str(uuid4()),
        }
        super().__init__(data, initial=initial)
        self.zone, self.start = zone, draft.started_at
        set_zone(self, zone)
        severity = self.fields["severity"]
        assert isinstance(severity, forms.TypedChoiceField)
        severity.choices = severities()
        self.fields["commander"].widget.choices = [("", "Nobody yet"), *whom("detections.command_incident")[1:]]
        self._offer(draft, alerts)

    def draft_with(self, commander: Owner | None) -> IncidentDraft:
        """The draft of the valid form. A start that was not touched stays as the alerts say it: with its seconds, and
        in an hour that clocks repeat the right one of the two."""
        data = self.cleaned_data | ({} if "started_at" in self.changed_data else {"started_at": self.start})
        return IncidentDraft(
            **{name: data[name] for name in ("title", "severity", "summary", "started_at", "another", *MANY)},
            commander=commander,
            client_key=data["key"],
        )

    def _offer(self, draft: IncidentDraft, alerts: Sequence[Alert]) -> None:
        self._rows("alerts").choices = [(alert.pk, f"{alert}, in {alert.where}") for alert in alerts]
        places = ProjectEnvironment.objects.select_related("project").order_by("project__slug", "name")
        self._rows("places").offer(places, draft.places)
        self._rows("environments").offer(Environment.objects.select_related("system"))
        self._rows("targets").offer(told(), draft.targets)

    def _rows(self, name: str) -> RowsField:
        field = self.fields[name]
        assert isinstance(field, RowsField)
        return field

    @property
    def parts(self) -> list[tuple[forms.BoundField, int]]:
        """The fields that are opened, each with how many rows are ticked."""
        fields = [self[name] for name in MANY if self._rows(name).choices or self[name].errors]
        return [(field, len(field.value() or ())) for field in fields]


def severities() -> list[tuple[int, str]]:
    """Each with its meaning: `SEV-1: customers cannot order`. One query."""
    meaning = dict(SeverityLevel.objects.values_list("severity", "meaning"))
    return [
        (level.value, f"{level.label}: {meaning[level]}" if meaning.get(level) else str(level.label))
        for level in Incident.Severity
    ]
