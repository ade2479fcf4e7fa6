"""Names that people give and nothing has: one error, which names what is near."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from typing import TypeVar

from django.db.models import Model, QuerySet

ModelT = TypeVar("ModelT", bound=Model)


class NotFound(LookupError):
    """Nothing of a kind has a name; the text is a line for each name, for people. The API answers it with 404."""

    def __init__(self, kind: str, *names: object, known: Collection[str] | None = None, place: str = "") -> None:
        """`known` are the names that there are, None to list none; `place` follows the name: `in raptor/prod`."""
        lines = []
        for name in names or ("",):
            missing = " ".join(str(part) for part in ("No", kind, name, place) if part != "")
            lines.append(f"{missing}." if known is None else f"{missing}. {suggestion(str(name), known)}")
        super().__init__("\n".join(lines))


class Ambiguous(NotFound):
    """Several have the name; the text asks which one."""

    def __init__(self, kind: str, known: Iterable[str]) -> None:
        LookupError.__init__(self, f"Which {kind}: {', '.join(known)}?")


def find(rows: QuerySet[ModelT], kind: str, name: str, field: str = "slug") -> ModelT:
    """The row whose `field` is `name`. Raises NotFound with the names that `rows` has."""
    row = rows.filter(**{field: name}).first()
    if row is None:
        raise NotFound(kind, name, known=list(rows.values_list(field, flat=True)))
    return row


def near(name: str, known: Iterable[str], most: int = 3) -> list[str]:
    """At most `most` of the known names that are spelt like `name`, nearest first, whatever the case."""
    by_folded = {candidate.lower(): candidate for candidate in sorted(known)}
    return [by_folded[folded] for folded in difflib.get_close_matches(name.lower(), by_folded, n=most)]


def suggestion(name: str, known: Iterable[str]) -> str:
    """`Did you mean a or b?`, or where nothing is near `There are: a, b, c`."""
    names = sorted(set(known))
    if found := near(name, names):
        return f"Did you mean {' or '.join(found)}?"
    return f"There are: {', '.join(names) or 'none'}"
