"""Forms of acts on items, and the form that starts a run."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django import forms

from bootstrap.checklists.models import Checklist, ChecklistVersion, SignOff
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


class ChooseForm(forms.Form):
    """The first step of starting a run: a checklist, grouped by system. `environment` narrows it to its system."""

    version = forms.ModelChoiceField(ChecklistVersion.objects.none(), label="Checklist", required=False)

    def __init__(self, kind: str = "", system: int | None = None) -> None:
        super().__init__(auto_id="start-%s")
        versions = newest_versions(kind)
        field = self.fields["version"]
        field.queryset = versions.filter(checklist__system=system) if system else versions  # type: ignore[attr-defined]
        self.offered = list(field.queryset)  # type: ignore[attr-defined]
        groups = groupby(self.offered, lambda version: version.checklist.system)
        named = [(system.name, [(each.pk, _label(each)) for each in members]) for system, members in groups]
        field.widget.choices = [("", "Choose a checklist"), *named]


class StartForm(forms.Form):
    """The second step: an environment of the checklist's system, what the run is about, who owns it until when.

    It offers environments of the checklist's system only, and says so where another one is sent.
    """

    version = forms.ModelChoiceField(ChecklistVersion.objects.none(), label="Checklist", widget=forms.HiddenInput)
    environment = forms.ModelChoiceField(Environment.objects.none(), empty_label=None)
    subject = forms.CharField(
        required=False,
        max_length=300,
        label="What it is about",
        help_text="Of a review its pull request, of a go-live its release or day; otherwise empty.",
    )
    owner = owner_field()
    due_on = due_field()

    def __init__(self, *args: Any, chosen: ChecklistVersion | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].queryset = newest_versions()  # type: ignore[attr-defined]
        environments = environments_with_hosts()
        self.fields["environment"].queryset = environments  # type: ignore[attr-defined]
        self.offered = [each for each in environments if chosen and each.system_id == chosen.checklist.system_id]
        options = [(each.pk, each.path) for each in self.offered]
        self.fields["environment"].widget.choices = options
        if chosen and chosen.checklist.kind == Checklist.Kind.REVIEW:
            self.fields["subject"].widget.attrs["required"] = True

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        version, environment = data.get("version"), data.get("environment")
        if version and environment and version.checklist.system_id != environment.system_id:
            raise forms.ValidationError(
                f"{version.checklist} is a checklist of another system than {environment.path}."
            )
        return data


def _label(version: ChecklistVersion) -> str:
    return f"{version} ({version.checklist.get_kind_display()})"
