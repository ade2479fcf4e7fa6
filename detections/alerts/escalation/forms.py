"""The form of an escalation policy's steps: each tells somebody, and there is one at least."""

from __future__ import annotations

from typing import Any

from django import forms

from detections.alerts.escalation.models import EscalationPolicy, EscalationStep


class EscalationStepForm(forms.ModelForm[EscalationStep]):
    """One step."""

    class Meta:
        model = EscalationStep
        fields = ("number", "wait_minutes", "owners", "targets")
        help_texts = {
            "owners": "Told by the targets that are bound to them when the step runs.",
            "targets": "Told directly.",
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and not data.get("owners") and not data.get("targets"):
            self.add_error("owners", "This step tells nobody: choose an owner or a target, or delete the step.")
        return data


class EscalationStepFormSet(forms.BaseInlineFormSet[EscalationStep, EscalationPolicy, forms.ModelForm[EscalationStep]]):
    """The steps of a policy."""

    def clean(self) -> None:
        super().clean()
        kept = [
            form for form in self.forms if (form.has_changed() or form.instance.pk) and form not in self.deleted_forms
        ]
        if not any(self.errors) and not kept:
            raise forms.ValidationError("A policy without steps tells nobody: add a step.")
