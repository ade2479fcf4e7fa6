"""The expected split as rows: a variant, its share, and the least and most that is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.datastructures import MultiValueDict
from django.utils.safestring import SafeString

COLUMNS = ("variant", "share", "min", "max")
EMPTY_ROWS = 2  # besides those that are filled; the script adds more
MOST_ROWS = 60  # that are read: above what the probe takes, so that it can say so

Rows = list[tuple[str, ...]]


class SplitRowsInput(forms.Widget):
    """A table with a row for each variant. The fields of row 2 are called `NAME-2-share` and so on."""

    template_name = "admin/detections/probetarget/split_rows.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        rows: Rows = [*(value or []), *([("",) * len(COLUMNS)] * EMPTY_ROWS)]
        context["rows"] = [
            [(column, f"{name}-{number}-{column}", cell) for column, cell in zip(COLUMNS, row, strict=True)]
            for number, row in enumerate(rows)
        ]
        return context

    def _render(self, template_name: str, context: dict[str, Any], renderer: Any = None) -> SafeString:
        """By the project's templates: forms render theirs with Django's own."""
        return render_to_string(template_name, context)

    def value_from_datadict(self, data: Mapping[str, Any], files: MultiValueDict[str, Any], name: str) -> Rows:
        read = [
            tuple(str(data.get(f"{name}-{n}-{column}", "")).strip() for column in COLUMNS) for n in range(MOST_ROWS)
        ]
        return [row for row in read if any(row)]

    def value_omitted_from_data(self, data: Mapping[str, Any], files: MultiValueDict[str, Any], name: str) -> bool:
        return not any(key.startswith(f"{name}-") for key in data)

    def id_for_label(self, id_: str) -> str:
        return f"{id_}-0-variant"


class SplitRowsField(forms.Field):
    """Its value: by variant an object with `share`, `min`, `max` as far as they are given."""

    widget = SplitRowsInput

    def clean(self, value: Any) -> dict[str, dict[str, float | None]]:
        read: dict[str, dict[str, float | None]] = {}
        for variant, *numbers in value or []:
            if not variant:
                raise ValidationError(f"The row with {', '.join(filter(None, numbers))} names no variant.")
            if "\0" in variant:
                raise ValidationError("A variant has the character NUL.")
            if variant in read:
                raise ValidationError(f"{variant} is there twice. Give each variant one row.")
            named = zip(COLUMNS[1:], numbers, strict=True)
            read[variant] = {name: _share(variant, name, text) for name, text in named if text}
        return read

    def has_changed(self, initial: Any, data: Any) -> bool:
        return [tuple(row) for row in initial or []] != [tuple(row) for row in data or []]


def rows_of(variants: Mapping[str, Any]) -> Rows:
    """The rows of `variants` of a target's file: a share alone, or an object."""
    given = {name: row if isinstance(row, dict) else {"share": row} for name, row in variants.items()}
    return [(str(name), *(_text(row.get(column)) for column in COLUMNS[1:])) for name, row in given.items()]


def _share(variant: str, name: str, text: str) -> float:
    try:
        return float(text) if len(text) <= 30 else float("nan")
    except ValueError:
        raise ValidationError(f"{variant}: {name} is a number from 0 to 1, e.g. 0.1, not “{text[:30]}”.") from None


def _text(value: Any) -> str:
    """A number so that it is read as it was."""
    return "" if value is None else repr(value) if isinstance(value, float) else str(value)
