"""Forms of acts on items, and the form that starts a run."""

from __future__ import annotations

from typing import Any

from django import forms

from bootstrap.checklists.models import ChecklistVersion, SignOff
from bootstrap.checklists.plans.forms import due_field, owner_field
from bootstrap.checklists.version_queries import newest_versions
from bootstrap.systems.models import Environment
from bootstrap.systems.queries import environments_with_hosts


class ActForm(forms.Form):
    """The input of every act; `seen` is the number of acts on the item that the page showed."""

    seen = forms.IntegerField(min_value=0)
    answer = forms.ChoiceField(choices=SignOff.Answer.choices, required=False)
    note = forms.CharField(required=False, max_length=2000)
    link = forms.URLField(required=False, max_length=500, assume_scheme="https")
    file = forms.FileField(required=False)
    review_by = forms.DateField(required=False)

    @property
    def evidence(self) -> dict[str, str]:
        """The evidence of the act without its file."""
        link = self.cleaned_data["link"]
        return {"link": link} if link else {}


class NoteForm(forms.Form):
    """A reason."""

    note = forms.CharField(max_length=2000)


class _VersionField(forms.ModelChoiceField[ChecklistVersion]):
    def label_from_instance(self, obj: ChecklistVersion) -> str:
        return f"{obj} ({obj.checklist.get_kind_display()})"


class StartForm(forms.Form):
    """Opens a run: a checklist and an environment of the same system, what the run is about, who owns it until when."""

    version = _VersionField(ChecklistVersion.objects.none(), label="Checklist", empty_label=None)
    environment = forms.ModelChoiceField(Environment.objects.none(), empty_label=None)
    subject = forms.CharField(
        required=False,
        max_length=300,
        label="What it is about",
        help_text="Of a review its pull request, of a go-live its release or day; otherwise empty.",
    )
    owner = owner_field()
    due_on = due_field()

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
