"""What people send with an act."""

from __future__ import annotations

from typing import Any

from django import forms

from bootstrap.checklists.models import ChecklistVersion
from bootstrap.checklists.queries import newest_versions
from bootstrap.systems.models import Environment
from bootstrap.systems.queries import environments_with_hosts


class ActForm(forms.Form):
    """A note, a link or a file as evidence, a waiver's review date, and how many acts the sender had seen."""

    seen = forms.IntegerField(min_value=0)
    note = forms.CharField(required=False, max_length=2000)
    link = forms.URLField(required=False, max_length=500, assume_scheme="https")
    file = forms.FileField(required=False)
    review_by = forms.DateField(required=False)

    @property
    def evidence(self) -> dict[str, str]:
        """What is kept beside the note."""
        link = self.cleaned_data["link"]
        return {"link": link} if link else {}


class StartForm(forms.Form):
    """Which checklist to open where; both of one system."""

    version = forms.ModelChoiceField(ChecklistVersion.objects.none(), label="Checklist", empty_label=None)
    environment = forms.ModelChoiceField(Environment.objects.none(), empty_label=None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].queryset = newest_versions()  # type: ignore[attr-defined]
        self.fields["environment"].queryset = environments_with_hosts()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        version, environment = data.get("version"), data.get("environment")
        if version and environment and version.checklist.system_id != environment.system_id:
            raise forms.ValidationError(
                f"{version.checklist} is a checklist of another system than {environment.path}."
            )
        return data
