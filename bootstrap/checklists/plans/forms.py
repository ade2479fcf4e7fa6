"""Forms that set owners and due dates. Values are judged where they are written (`assign`), not here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms

from bootstrap.checklists.plans.assign import KEEP, PlanChange, due_date, owner_called
from bootstrap.checklists.plans.queries import owner_names
from bootstrap.checklists.refusals import Refusal

KNOWN_OWNERS = "known-owners"  # id of the list of names
UTC_HELP = "The last day for it, to its end in UTC; the day after, it is overdue."


def owner_field() -> forms.CharField:
    return forms.CharField(
        label="Owner",
        required=False,
        max_length=160,
        help_text="A person or a group, by name.",
        widget=forms.TextInput({"list": KNOWN_OWNERS, "autocomplete": "off", "placeholder": "nobody"}),
    )


def due_field() -> forms.CharField:
    return forms.CharField(
        label="Due", required=False, max_length=40, help_text=UTC_HELP, widget=forms.DateInput({"type": "date"})
    )


class PlanForm(forms.Form):
    """The owner and the due date of one item or run, as they are to be: empty means nobody, or no date."""

    owner = owner_field()
    due_on = due_field()
    seen = forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)

    def change(self, now: datetime) -> PlanChange:
        """What to set. Raises Refusal."""
        return PlanChange(owner_called(self.cleaned_data["owner"]), due_date(self.cleaned_data["due_on"], now))


class ManyForm(forms.Form):
    """Owner and due date for whatever was ticked: an empty field leaves what is set, unless it is to be removed."""

    owner = owner_field()
    no_owner = forms.BooleanField(label="Remove the owner", required=False)
    due_on = due_field()
    no_due = forms.BooleanField(label="Remove the due date", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].widget.attrs["placeholder"] = "leave as it is"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name, remove in (("owner", "no_owner"), ("due_on", "no_due")):
            if data.get(name) and data.get(remove):
                self.add_error(name, "Either give one or remove it, not both.")
        return data

    def change(self, now: datetime) -> PlanChange:
        """What to set. Raises Refusal."""
        data = self.cleaned_data
        owner, due_on = owner_called(data["owner"]), due_date(data["due_on"], now)
        return PlanChange(
            owner=owner if owner or data["no_owner"] else KEEP, due_on=due_on if due_on or data["no_due"] else KEEP
        )


def refuse(form: forms.Form, refusal: Refusal) -> None:
    """Show the refusal at the field that it names."""
    form.add_error(refusal.field if refusal.field in form.fields else None, f"{refusal}.")


def known_owners() -> Iterable[str]:
    """The names that the fields complete."""
    return owner_names()
