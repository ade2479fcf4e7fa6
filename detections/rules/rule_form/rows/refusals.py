"""Puts what is wrong with a rule's content at the row and column of the form where it was entered."""

from __future__ import annotations

import re

from django import forms

from detections.rules.rule_form.rows.formset import RowForm, RowsFormSet
from detections.rules.spec import form_fields, rows
from detections.rules.spec.schema import SpecError

_STEP = re.compile(r"(\w+)\[(\d+)\]")


def refuse(form: forms.BaseForm, error: SpecError) -> bool:
    """Adds the error at its row of the form, if it is about one: whether it is. The rows are those that were read."""
    steps = [(name, int(index)) for name, index in _STEP.findall(error.field)]
    while steps and steps[0][0] not in rows.ROWS:
        steps.pop(0)
    if not steps or steps[0][0] not in form.fields:
        return False
    row, place = _row(form, steps)
    if row is None:
        return False
    name, message = _column(row, error), form_fields.in_column(error.message)
    row.add_error(name, message)
    label = f", {row.fields[name].label}" if name else ""
    form.add_error(steps[0][0], f"{place}{label}: {message}")
    return True


def _row(form: forms.BaseForm, steps: list[tuple[str, int]]) -> tuple[RowForm | None, str]:
    """The row that the steps lead to, and what it is called."""
    inside: forms.BaseForm = form
    place = ""
    for name, index in steps:
        if name not in inside.fields:
            break
        found = inside[name].data
        if not isinstance(found, RowsFormSet) or index >= len(found.kept):
            return None, ""
        inside = found.kept[index]
        place = f"{place}, {found.noun} {index + 1}" if place else f"{found.noun.capitalize()} {index + 1}"
    return (inside if isinstance(inside, RowForm) else None), place


def _column(row: RowForm, error: SpecError) -> str | None:
    """The column that the path ends in or the message begins with; that of the name where a row is but a name."""
    last, head = error.field.rpartition(".")[2], error.message.partition(":")[0]
    for name in (last, head):
        if name in row.fields:
            return name
    return "name" if last.endswith("]") and list(row.fields)[-3:-2] == ["name"] else None
