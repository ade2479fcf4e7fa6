"""A form field whose value is a list of rows, and its widget."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.forms.formsets import formset_factory
from django.forms.widgets import Script
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from detections.rules.rule_form.rows.formset import BEYOND, RowForm, RowsFormSet
from opsconsole.lib.web.form_faults import Fault


class RowsWidget(forms.Widget):
    """Draws the rows. It keeps the rows that it read of the posted data, so that errors found later are drawn, too."""

    template_name = "detections/rule_form/rows/rows.html"
    use_fieldset = True

    class Media:
        css = {"all": ("opsconsole/css/suggestions.css", "opsconsole/css/rows.css")}
        js = (Script("opsconsole/search.js", defer=True), Script("opsconsole/rows.js", defer=True))

    def __init__(self, rows: type[RowsFormSet], empty: str, label: str) -> None:
        super().__init__()
        self.rows, self.empty, self.label = rows, empty, label
        self.read: RowsFormSet | None = None

    def value_from_datadict(self, data: Any, files: Any, name: str) -> RowsFormSet:
        if self.read is None or self.read.data is not data or self.read.prefix != name:
            self.read = self.rows(data, prefix=name)
        return self.read

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}-TOTAL_FORMS" not in data

    def id_for_label(self, id_: str) -> str:
        return ""  # a group of inputs, each with its own label

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        rows = value if isinstance(value, RowsFormSet) else self.rows(initial=value or [], prefix=name)
        context = self.get_context(name, "", attrs)
        return render_to_string(self.template_name, {**context, "rows": rows, "empty": self.empty, "label": self.label})


class InlineRowsField(forms.Field):
    """A list of rows, in order: its value is a list of dicts, one for each row, by column."""

    def __init__(
        self,
        form: type[RowForm],
        noun: str,
        *,
        most: int = 50,
        extra: int = 1,
        required: bool = False,
        label: str = "",
        help_text: str = "",
        empty: str = "",
    ) -> None:
        """`noun` is what one row is called, `most` the bound, `extra` how many empty rows there are without scripts,
        `empty` what the list says without rows."""
        named = type(f"{form.__name__}s", (RowsFormSet,), {"noun": noun, "most": most})
        made = formset_factory(
            form,
            formset=named,
            extra=extra,
            can_order=True,
            can_delete=True,
            max_num=most,
            absolute_max=most + BEYOND,
        )
        widget = RowsWidget(cast("type[RowsFormSet]", made), empty, label)
        super().__init__(required=required, widget=widget, label=label or None, help_text=help_text)

    def clean(self, value: Any) -> list[dict[str, Any]]:
        if not isinstance(value, RowsFormSet):
            raise forms.ValidationError("Its rows are entered in the form.")  # as where an address gives them
        if not value.is_valid():
            raise forms.ValidationError(value.messages())
        values = value.values
        if self.required and not values:
            raise forms.ValidationError(f"Give at least one {value.noun}.", code="required")
        return values

    def faults(self, bound: forms.BoundField) -> list[Fault]:
        """What is wrong, each at its row and column; what is of no single row goes to the list itself."""
        label, found = str(bound.label), []
        if isinstance(bound.data, RowsFormSet):
            found = [Fault(each.target, capfirst(each.label), each.message) for each in bound.data.faults()]
        told = [each.message for each in found]
        others = [message for message in map(str, bound.errors) if not any(message.endswith(each) for each in told)]
        return [*(Fault(bound.auto_id, label, message) for message in others), *found]

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the rows hold anything else than before."""
        if not isinstance(data, RowsFormSet):
            return bool(initial)
        return not data.is_valid() or data.values != list(initial or [])
