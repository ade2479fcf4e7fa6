"""Forms that propose, review and end postures."""

from __future__ import annotations

from typing import Any

from django import forms

from bootstrap.postures.models import Posture
from bootstrap.systems.models import ConfigVar, Deployment


class _DeploymentField(forms.ModelChoiceField[Deployment]):
    def label_from_instance(self, obj: Deployment) -> str:
        return f"{obj.host_name} ({obj.environment.path})"


class _VariableField(forms.ModelChoiceField[ConfigVar]):
    def label_from_instance(self, obj: ConfigVar) -> str:
        return f"{obj.name} ({obj.app.slug})"


class ProposeForm(forms.ModelForm[Posture]):
    """A proposal. The day of review is a required field, so that somebody thinks of one."""

    deployment = _DeploymentField(
        Deployment.objects.select_related("environment__system").order_by("host_name"), empty_label=None
    )
    variable = _VariableField(ConfigVar.objects.select_related("app").order_by("name", "app__slug"), empty_label=None)
    review_by = forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}), help_text="After this day it lapses, unless it was reviewed."
    )

    class Meta:
        model = Posture
        fields = (
            "deployment",
            "variable",
            "severity",
            "instead_of",
            "guard",
            "reason",
            "activation_command",
            "review_by",
        )
        widgets = {
            "reason": forms.Textarea(attrs={"rows": 4}),
            "activation_command": forms.Textarea(attrs={"rows": 2}),
        }
        labels = {"activation_command": "Command that brings the variable"}

    @property
    def values(self) -> dict[str, Any]:
        """The fields by name, once valid."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}


class ReviewForm(forms.Form):
    """The next day of review."""

    review_by = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))


class EndForm(forms.Form):
    """The reason for ending it."""

    reason = forms.CharField(max_length=2000)
