"""Filters of a list as fields of a form: read leniently from an address, drawn as a filter bar, remarks for people.

A field never refuses: it takes what it understands and has a remark on the rest, so that an old or mistyped link still
opens a page, and the page says what became of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.http import QueryDict

LONGEST = 200  # characters of a search; longer ones are pasted by mistake
MOST_NAMED = 20  # options that a remark lists


class ChoiceFilter(forms.ChoiceField):
    """One word of a fixed set. `any_label` is the option for no choice; without it `initial` stands for none."""

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
        """The word, or `initial` for none and for one that is not known."""
        return str(value) if value in self.options else str(self.initial)

    def remark(self, value: str) -> str:
        """What to say about a value that was not understood, else nothing."""
        if not value or value in self.options:
            return ""
        return f"{self.label} “{value}” was not understood and left out; there are: {listed(self.options)}."


class NameFilter(forms.ChoiceField):
    """The name of something, of those that `FilterForm.offer` gives; another one is kept, and finds nothing."""

    kind = "name"

    def __init__(self, *, label: str, any_label: str) -> None:
        self.any_label = any_label
        super().__init__(choices=[("", any_label)], label=label, initial="", required=False)

    def clean(self, value: Any) -> str:
        return str(value).strip()

    def remark(self, value: str) -> str:
        """Nothing: what there is may be read from the database, so `offer` asks where it is to be shown."""
        return ""

    def offer(self, options: Mapping[str, str], value: str) -> str:
        """Take the options, `value` among them so that the page shows it; the remark where it was not there."""
        unknown = {value: value} if value and value not in options else {}
        self.choices = [("", self.any_label), *options.items(), *unknown.items()]
        if not unknown:
            return ""
        return f"{self.label} “{value}” is not among those here ({listed(options) or 'there are none'})."


class SearchFilter(forms.CharField):
    """Words to look for."""

    kind = "search"

    def __init__(self, *, label: str, placeholder: str, initial: str = "", **attributes: str) -> None:
        attrs = {"type": "search", "placeholder": placeholder, "data-search": True, **attributes}
        widget = forms.TextInput(attrs={name.replace("_", "-"): value for name, value in attrs.items()})
        super().__init__(label=label, initial=initial, required=False, widget=widget)

    def clean(self, value: Any) -> str:
        return str(value).strip()[:LONGEST]

    def remark(self, value: str) -> str:
        left_out = len(value.strip()) - LONGEST
        return f"{self.label}: only the first {LONGEST} characters were used." if left_out > 0 else ""


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
    """The filters of one list, read from an address. Subclasses declare fields of the kinds above."""

    # Filters that the page offers elsewhere (a time range, a kind) and that clearing the others keeps.
    kept: tuple[str, ...] = ()

    def __init__(self, query: QueryDict) -> None:
        super().__init__(auto_id="f-%s", use_required_attribute=False)
        given = {name: query.get(name, str(field.initial)) for name, field in self._filters()}
        self.remarks = [remark for name, field in self._filters() if (remark := field.remark(given[name]))]
        self.chosen: dict[str, Any] = {name: field.clean(given[name]) for name, field in self._filters()}
        self.is_bound, self.data = True, self.chosen

    @property
    def narrowed(self) -> bool:
        """Whether anything is chosen that clearing would change."""
        return any(
            self.chosen[name] not in ("", False, field.initial)
            for name, field in self._filters()
            if name not in self.kept
        )

    @property
    def bounded(self) -> bool:
        """Whether what these filters let through is few rows on any console, so that no sort needs an index."""
        return False

    @property
    def default_sort(self) -> str:
        """The sort where the address names none, if it depends on the filters."""
        return ""

    def offer(self, options: Mapping[str, Mapping[str, str]]) -> None:
        """Give the options of `NameFilter` fields, value to label; unknown names join the remarks."""
        for name, field in self._filters():
            if isinstance(field, NameFilter) and (remark := field.offer(options.get(name, {}), self.chosen[name])):
                self.remarks.append(remark)

    def _filters(self) -> Iterable[tuple[str, FilterField]]:
        return self.fields.items()  # type: ignore[return-value]  # subclasses declare no other fields


def listed(names: Iterable[str]) -> str:
    """`a, b, c`, cut where there are too many to read."""
    known = [name for name in names if name]
    return ", ".join(known[:MOST_NAMED]) + (", …" if len(known) > MOST_NAMED else "")
