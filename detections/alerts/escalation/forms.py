"""The form of an escalation policy's steps: each tells somebody, there is one at least, and they are numbered from 1 in
the order of what people write."""

from __future__ import annotations

from typing import Any

from django import forms

from detections.alerts.escalation.models import MOST_STEPS, EscalationPolicy, EscalationStep


class EscalationStepForm(forms.ModelForm[EscalationStep]):
    """One step. Its number may be empty or taken: the formset numbers the steps."""

    number = forms.IntegerField(
        required=False,
        label="Place",
        widget=forms.NumberInput(attrs={"class": "vIntegerField"}),
        min_value=1,
        max_value=MOST_STEPS,
        help_text="Empty: after the others. A number that another step has: before it. They are numbered on saving.",
    )

    class Meta:
        model = EscalationStep
        fields = ("number", "wait_minutes", "owners", "targets")
        help_texts = {
            "owners": "Told by the targets that are bound to them when the step runs.",
            "targets": "Told directly.",
        }

    def _get_validation_exclusions(self) -> set[str]:
        exclusions: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return exclusions | {"number"}

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
        for number, form in enumerate(sorted(kept, key=_place) if not any(self.errors) else [], 1):
            form.instance.number = number

    def save_existing_objects(self, commit: bool = True) -> list[EscalationStep]:
        """Also those whose place only others changed."""
        changed: list[EscalationStep] = super().save_existing_objects(commit)
        for form in self.initial_forms:
            step = form.instance
            if step.pk and step not in changed and step.number != form.initial["number"]:
                self.save_existing(form, step, commit)
                changed.append(step)
        return changed


def _place(form: forms.ModelForm[EscalationStep]) -> tuple[int, bool]:
    """Steps without a number come last; of two with one number that which was given it now comes first. Those that are
    equal stay in the order of the form."""
    return form.cleaned_data.get("number") or MOST_STEPS + 1, "number" not in form.changed_data
