"""A select of projects or environments, which are read when it is drawn."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

from django import forms

ChoicesOf = Callable[[str], list[tuple[str, str]]]


class PlaceSelect(forms.Select):
    """`choices_of` returns the choices for the value that is chosen, with itself: a rule may name what is gone."""

    def __init__(self, choices_of: ChoicesOf) -> None:
        super().__init__()
        self.choices_of = choices_of

    def __deepcopy__(self, memo: dict[int, Any]) -> PlaceSelect:
        made = copy.copy(self)
        made.attrs = self.attrs.copy()
        memo[id(self)] = made
        return made

    def optgroups(self, name: str, value: Sequence[str], attrs: dict[str, Any] | None = None) -> list[Any]:
        self.choices = self.choices_of(value[0] if value else "")
        return super().optgroups(name, list(value), attrs)
