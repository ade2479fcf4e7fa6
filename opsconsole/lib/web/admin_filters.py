"""Filters of the admin's lists in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.admin import AllValuesFieldListFilter, EmptyFieldListFilter


def whether(empty: str, filled: str, title: str = "state") -> type[EmptyFieldListFilter]:
    """A filter by whether a field has a value: `("revoked_at", whether("In use", "Revoked"))`."""

    class Whether(EmptyFieldListFilter):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self.title = title

        def choices(self, changelist: Any) -> Iterator[Any]:
            for choice in super().choices(changelist):  # "Not empty", with facets "Not empty (3)"
                words = str(choice["display"])
                for theirs, ours in (("Not empty", filled), ("Empty", empty)):
                    words = ours + words.removeprefix(theirs) if words.startswith(theirs) else words
                yield {**choice, "display": words}

    return Whether


def titled(title: str) -> type[AllValuesFieldListFilter]:
    """A filter by the values of a field with a title that says whose they are: the slug of an environment."""

    class Titled(AllValuesFieldListFilter):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self.title = title

    return Titled
