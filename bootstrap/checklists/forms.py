"""What people send with an act."""

from __future__ import annotations

from typing import Any

from django import forms

from bootstrap.checklists.models import ChecklistVersion, SignOff
from bootstrap.checklists.queries import newest_versions
from bootstrap.systems.models import Environment
from bootstrap.systems.queries import environments_with_hosts


class ActForm(forms.Form):
    """An answer, a note, a link or a file as evidence, a waiver's review date, how many acts the sender had seen."""

    seen = forms.IntegerField(min_value=0)
    answer = forms.ChoiceField(choices=SignOff.Answer.choices, required=False)
    note = forms.CharField(required=False, max_length=2000)
    link = forms.URLField(required=False, max_length=500, assume_scheme="https")
    file = forms.FileField(required=False)
    review_by = forms.DateField(required=False)

    @property
    def evidence(self) -> dict[str, str]:
        """What is kept beside the note."""
        link = self.cleaned_data["link"]
        return {"link": link} if link else {}


class NoteForm(forms.Form):
    """Why."""

    note = forms.CharField(max_length=2000)


class _VersionField(forms.ModelChoiceField[ChecklistVersion]):
    def label_from_instance(self, obj: ChecklistVersion) -> str:
        return f"{obj} ({obj.checklist.get_kind_display()})"


class StartForm(forms.Form):
    """Which checklist to open where, both of one system, and what it is about."""

    version = _VersionField(ChecklistVersion.objects.none(), label="Checklist", empty_label=None)
    environment = forms.ModelChoiceField(Environment.objects.none(), empty_label=None)
    subject = forms.CharField(
        required=False,
        max_length=300,
        label="What it is about",
        help_text="Of a review its pull request, of a go-live its release or day; otherwise empty.",
    )

    def __init__(self, *args: Any, kind: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].queryset = newest_versions(kind)  # type: ignore[attr-defined]
        self.fields["environment"].queryset = environments_with_hosts()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        version, environment = data.get("version"), data.get("environment")
        if version and environment and version.checklist.system_id != environment.system_id:
            raise forms.ValidationError(
                f"{version.checklist} is a checklist of another system than {environment.path}."
            )
        return data
