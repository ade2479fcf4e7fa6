"""What is wrong with a refused form, each fault with the input that it is about: for the summary above the form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from django.forms import BaseForm, BaseFormSet, BoundField, MultiWidget, RadioSelect
from django.utils.text import capfirst


@dataclass(frozen=True)
class Fault:
    """One fault of a field. `target` is the id of the input to go to, '' for a field that is not shown."""

    target: str
    label: str
    message: str


@runtime_checkable
class HasFaults(Protocol):
    """A form field that knows its faults better than by its one list of errors, such as one of many rows."""

    def faults(self, bound: BoundField) -> list[Fault]:
        """The faults, in the order of the page."""


def of_form(form: BaseForm) -> list[Fault]:
    """The faults of the fields, in the order of the form; what concerns the whole form is not among them."""
    return [fault for name in form.fields if name in form.errors for fault in of_field(form[name])]


def of_field(bound: BoundField) -> list[Fault]:
    """The faults of one field."""
    if isinstance(bound.field, HasFaults):
        return bound.field.faults(bound)
    return [Fault(target_of(bound), capfirst(str(bound.label)), str(message)) for message in bound.errors]


def of_formsets(formsets: Iterable[BaseFormSet[BaseForm]]) -> list[Fault]:
    """The faults of the rows below a form, each with the row that it is in, and of the lists of rows themselves."""
    found = []
    for formset in formsets:
        found += [Fault("", "", str(message)) for message in formset.non_form_errors()]
        for number, row in enumerate(formset.forms, 1):
            if not row.errors:
                continue
            where = f"{_noun(formset)} {number}"
            first = next((target for bound in row if (target := target_of(bound))), "")
            found += [Fault(first, where, str(message)) for message in row.non_field_errors()]
            found += [Fault(each.target, f"{where}, {each.label}", each.message) for each in of_form(row)]
    return found


def target_of(bound: BoundField) -> str:
    """The id of the input that gets the focus: of several, the first."""
    if bound.is_hidden:
        return ""
    widget = getattr(bound.field.widget, "widget", bound.field.widget)  # the admin wraps those of foreign keys
    several = isinstance(widget, (MultiWidget, RadioSelect))
    return f"{bound.auto_id}_0" if several else str(bound.id_for_label or bound.auto_id)


def _noun(formset: BaseFormSet[BaseForm]) -> str:
    model = getattr(formset, "model", None)
    return capfirst(str(model._meta.verbose_name)) if model is not None else "Row"
