"""Inputs of a row: texts that keep what a browser would change, names with completion, whole numbers, choices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString


class RowTextInput(forms.TextInput):
    """One line, which grows for a text of several: an input of one line would join them."""

    def __init__(self, attrs: dict[str, Any] | None = None, lines: int = 1) -> None:
        super().__init__(attrs)
        self.lines = lines

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        lines = max(self.lines, str(value or "").count("\n") + 1)
        if lines > 1:
            return forms.Textarea({**self.attrs, "rows": lines}).render(name, value, attrs, renderer)
        return super().render(name, value, attrs, renderer)


class NameInput(RowTextInput):
    """One name, with completion of the names of a kind; the kind "" is that which the row's own `kind` says."""

    def __init__(self, kind: str) -> None:
        super().__init__({"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"})
        self.kind = kind

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        box = '<span class="rows-complete" data-complete="{}" data-parameter="q" data-whole data-kind="{}">{}</span>'
        return format_html(box, reverse("rule_names"), self.kind, super().render(name, value, attrs, renderer))


class RowText(forms.CharField):
    """A text that is kept as it was typed, blanks and line feeds too. No maxlength: browsers cut what is pasted."""

    keeps_blanks = True

    def __init__(
        self,
        most: int,
        label: str,
        help_text: str = "",
        *,
        required: bool = False,
        lines: int = 1,
        completion: str | None = None,
    ) -> None:
        """`completion` is the kind of names that are offered while it is typed; None for none."""
        super().__init__(
            max_length=most,
            label=label,
            help_text=help_text,
            required=required,
            strip=not self.keeps_blanks,
            widget=RowTextInput(lines=lines) if completion is None else NameInput(completion),
            error_messages={"required": f"Give the {label.lower()}."},
        )

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {}

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return text.replace("\r\n", "\n") if isinstance(text, str) else text


class RowName(RowText):
    """A name that exists elsewhere, of a kind: without the blanks around it that keyboards of phones leave."""

    keeps_blanks = False

    def __init__(self, kind: str, label: str, help_text: str = "", *, required: bool = True, most: int = 100) -> None:
        super().__init__(most, label, help_text, required=required, completion=kind)


class RowNumber(forms.IntegerField):
    """A whole number with bounds."""

    def __init__(self, low: int, high: int, initial: int, label: str, help_text: str = "") -> None:
        messages = {"required": f"Give a whole number, {low:,} to {high:,}."}
        super().__init__(
            min_value=low,
            max_value=high,
            initial=initial,
            label=label,
            help_text=help_text,
            error_messages=messages,
        )


class RowChoice(forms.ChoiceField):
    """One of a few words; the first is that of an empty row."""

    def __init__(
        self, choices: Sequence[tuple[str, str]], label: str, help_text: str = "", *, required: bool = False
    ) -> None:
        allowed = ", ".join(word for word, _ in choices if word)
        messages = {
            "required": f"Choose the {label.lower()}.",
            "invalid_choice": f"“%(value)s” is none of: {allowed}.",
        }
        super().__init__(
            choices=choices,
            label=label,
            help_text=help_text,
            required=required,
            initial=choices[0][0],
            error_messages=messages,
        )
