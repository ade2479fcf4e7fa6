"""Filters of a list as form fields: read leniently from a URL, with a remark for each value that is not understood.

A field raises no validation error: an old or mistyped link opens the page, which says how it understood the link.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise

MAX_SEARCH_LENGTH = 200  # characters; longer text is pasted by mistake
MAX_OPTIONS_LISTED = 20  # in a remark


class ChoiceFilter(forms.ChoiceField):
    """One of a fixed set. `any_label` labels the option for no choice; without it no choice means `initial`."""

    kind = "choice"

    def __init__(
        self, options: Mapping[str, str], *, label: str, any_label: str = "", initial: str = "", hidden: bool = False
    ) -> None:
        self.options = dict(options)
        choices = [("", any_label)] if any_label else []
        widget = forms.HiddenInput if hidden else forms.Select
        super().__init__(
            choices=[*choices, *options.items()], label=label, initial=initial, required=False, widget=widget
        )

    def clean(self, value: Any) -> str:
        """The value; `initial` for an empty or unknown one."""
        return str(value) if value in self.options else str(self.initial)

    def remark(self, value: str) -> str:
        """A sentence about an unknown value, else empty."""
        if not value or value in self.options:
            return ""
        return f"{self.label} “{value}” was not understood and left out; there are: {listed(self.options)}."


class NameFilter(forms.ChoiceField):
    """One of the names that `FilterForm.offer` sets. An unknown name is kept and finds nothing."""

    kind = "name"

    def __init__(self, *, label: str, any_label: str) -> None:
        self.any_label = any_label
        super().__init__(choices=[("", any_label)], label=label, initial="", required=False)

    def clean(self, value: Any) -> str:
        return str(value).strip()

    def remark(self, value: str) -> str:
        """Empty: `offer` makes the remark, since the names may come from the database."""
        return ""

    def offer(self, options: Mapping[str, str], value: str) -> str:
        """Set the options, including `value` so that the page shows it. Returns a remark if it was not among them."""
        unknown = {value: value} if value and value not in options else {}
        self.choices = [("", self.any_label), *options.items(), *unknown.items()]
        if not unknown:
            return ""
        return f"{self.label} “{value}” is not among those here ({listed(options) or 'there are none'})."


class SearchFilter(forms.CharField):
    """A text to search for, of at most `most` characters. `completion`: the URL that completes a word of a search."""

    kind = "search"

    def __init__(
        self,
        *,
        label: str,
        placeholder: str,
        initial: str = "",
        most: int = MAX_SEARCH_LENGTH,
        completion: str | Promise = "",
        **attributes: str,
    ) -> None:
        self.most, self.completion = most, completion
        attrs = {"type": "search", "placeholder": placeholder, "data-search": True, **attributes}
        widget = forms.TextInput(attrs={name.replace("_", "-"): value for name, value in attrs.items()})
        super().__init__(label=label, initial=initial, required=False, widget=widget)

    def clean(self, value: Any) -> str:
        return str(value).strip()[: self.most]

    def remark(self, value: str) -> str:
        left_out = len(value.strip()) - self.most
        return f"{self.label}: only the first {self.most} characters were used." if left_out > 0 else ""


class FlagFilter(forms.BooleanField):
    """On (`1`) or off."""

    kind = "flag"
    OFF = frozenset({"", "0", "false", "no", "off"})

    def __init__(self, *, label: str) -> None:
        super().__init__(label=label, initial="", required=False, widget=forms.CheckboxInput({"value": "1"}))

    def clean(self, value: Any) -> bool:
        return value if isinstance(value, bool) else str(value).lower() not in self.OFF

    def remark(self, value: str) -> str:
        known = value.lower() in self.OFF or value.lower() in ("1", "true", "yes", "on")
        return "" if known else f"{self.label} “{value}” was taken for 1; there are: 1, 0."


FilterField = ChoiceFilter | NameFilter | SearchFilter | FlagFilter


class FilterForm(forms.Form):
    """The filters of one list, read from a query string. Subclasses declare fields of the classes above."""

    # Filters that the page offers elsewhere (e.g. a time range), which "Clear the filters" keeps.
    kept: tuple[str, ...] = ()

    def __init__(self, query: QueryDict) -> None:
        super().__init__(auto_id="f-%s", use_required_attribute=False)
        raw = {name: query.get(name, str(field.initial)) for name, field in self._filters()}
        self.remarks = [remark for name, field in self._filters() if (remark := field.remark(raw[name]))]
        self.chosen: dict[str, Any] = {name: field.clean(raw[name]) for name, field in self._filters()}
        self.is_bound, self.data = True, self.chosen

    @property
    def narrowed(self) -> bool:
        """Whether a filter other than `kept` is set."""
        return any(
            self.chosen[name] not in ("", False, field.initial)
            for name, field in self._filters()
            if name not in self.kept
        )

    @property
    def bounded(self) -> bool:
        """Whether few rows match these filters on any console, so that a sort needs no index."""
        return False

    @property
    def default_sort(self) -> str:
        """The key of the default sort, if it depends on the filters."""
        return ""

    def offers(self, action: str) -> bool:
        """Whether the bulk action of this name applies to rows that match these filters."""
        return True

    def offer(self, options: Mapping[str, Mapping[str, str]]) -> None:
        """Set the options of `NameFilter` fields, as labels by value; adds remarks for unknown names."""
        for name, field in self._filters():
            if isinstance(field, NameFilter) and (remark := field.offer(options.get(name, {}), self.chosen[name])):
                self.remarks.append(remark)

    def _filters(self) -> Iterable[tuple[str, FilterField]]:
        return self.fields.items()  # type: ignore[return-value]  # subclasses declare no other fields


def listed(names: Iterable[str]) -> str:
    """`a, b, c`, cut after MAX_OPTIONS_LISTED names."""
    known = [name for name in names if name]
    return ", ".join(known[:MAX_OPTIONS_LISTED]) + (", …" if len(known) > MAX_OPTIONS_LISTED else "")
