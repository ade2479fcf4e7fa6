"""The form of an update: its text, and when the next one comes."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import forms

from detections.incidents.models import Incident, SeverityLevel
from detections.incidents.updates.fill import BLANK
from detections.incidents.updates.promise import GOES_ON, choices
from detections.incidents.updates.write_update import LONGEST
from opsconsole.lib.text import humanize


class UpdateForm(forms.Form):
    """What people are told. `next_minutes`: empty for no promise."""

    text = forms.CharField(
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 8, "autofocus": True}),
        help_text="What people notice, what is done about it, what they can do. Secrets in it are replaced.",
        error_messages={"required": "Say what people should know."},
    )
    next_minutes = forms.TypedChoiceField(
        coerce=int, required=False, empty_value=None, label="Next update", help_text="Its commander is reminded."
    )

    def __init__(
        self, data: object = None, *, incident: Incident, level: SeverityLevel | None, now: datetime, text: str = ""
    ) -> None:
        """`level`: that of the incident, whose time is proposed."""
        self.now = now
        goes_on = incident.status in GOES_ON
        proposed = level.update_minutes if level is not None and goes_on else None
        super().__init__(data, initial={"text": text, "next_minutes": proposed or ""})  # type: ignore[arg-type]
        offered = [(str(each), _words(each, now)) for each in choices(level)] if goes_on else []
        self.fields["next_minutes"].choices = [("", "None promised"), *offered]  # type: ignore[attr-defined]

    def clean_text(self) -> str:
        """The text, unless a template's blank is left in it."""
        text: str = self.cleaned_data["text"]
        if BLANK in text:
            raise forms.ValidationError(f"Fill in what is marked {BLANK}, or take it out.")
        return text

    @property
    def next_update_at(self) -> datetime | None:
        """What is promised by a valid form."""
        minutes: int | None = self.cleaned_data["next_minutes"]
        return self.now + timedelta(minutes=minutes) if minutes is not None else None


def _words(minutes: int, now: datetime) -> str:
    at = now + timedelta(minutes=minutes)
    day = "" if at.date() == now.date() else f"{at:%Y-%m-%d} "
    return f"In {humanize.duration(minutes * 60)} ({day}{at:%H:%M} UTC)"
