"""Lookup by a name that a person gave, with one error that suggests similar names."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from typing import TypeVar

from django.db.models import Model, QuerySet

ModelT = TypeVar("ModelT", bound=Model)


class NotFound(LookupError):
    """No object has the name. The text has a line for each name; the API answers it with 404."""

    def __init__(self, kind: str, *names: object, known: Collection[str] | None = None, place: str = "") -> None:
        """`known` are the names to suggest from, None for no suggestion; `place` follows the name: `in prod`."""
        lines = []
        for name in names or ("",):
            missing = " ".join(str(part) for part in ("No", kind, name, place) if part != "")
            lines.append(f"{missing}." if known is None else f"{missing}. {suggestion(str(name), known)}")
        super().__init__("\n".join(lines))


class Ambiguous(NotFound):
    """Several objects have the name; the text lists them."""

    def __init__(self, kind: str, known: Iterable[str]) -> None:
        LookupError.__init__(self, f"Which {kind}: {', '.join(known)}?")


def find(rows: QuerySet[ModelT], kind: str, name: str, field: str = "slug") -> ModelT:
    """The row whose `field` is `name`. Raises NotFound, which suggests names from `rows`."""
    row = rows.filter(**{field: name}).first()
    if row is None:
        raise NotFound(kind, name, known=list(rows.values_list(field, flat=True)))
    return row


def close_matches(name: str, known: Iterable[str], limit: int = 3) -> list[str]:
    """At most `limit` of the known names that are spelt like `name`, most similar first, ignoring case."""
    by_folded = {candidate.lower(): candidate for candidate in sorted(known)}
    return [by_folded[folded] for folded in difflib.get_close_matches(name.lower(), by_folded, n=limit)]


def suggestion(name: str, known: Iterable[str]) -> str:
    """`Did you mean a or b?`, or `There are: a, b, c` if no name is close."""
    names = sorted(set(known))
    if matches := close_matches(name, names):
        return f"Did you mean {' or '.join(matches)}?"
    return f"There are: {', '.join(names) or 'none'}"
