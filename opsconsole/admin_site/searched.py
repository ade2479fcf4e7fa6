"""What a search of the admin searches, said from its fields."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.db.models.constants import LOOKUP_SEP

_EXACT = "exact"


def searches(model: type[Model], fields: Iterable[str]) -> str:
    """`Searches name, owner's name and the whole event id.`; '' without fields."""
    words = list(dict.fromkeys(_words(model, path) for path in fields))
    if not words:
        return ""
    listed = ", ".join(words[:-1])
    return f"Searches {listed} and {words[-1]}." if listed else f"Searches {words[-1]}."


def _words(model: type[Model], path: str) -> str:
    """The words of one path of search_fields: `rule__identifier` is the rule's identifier."""
    owner, name, exact = "", path.lstrip("^=@"), path.startswith("=")
    for part in name.split(LOOKUP_SEP):
        if part == _EXACT:
            exact = True
            continue
        field = _field(model, part)
        if field is None:
            continue  # another lookup: contains, startswith
        name = str(getattr(field, "verbose_name", "") or field.related_model._meta.verbose_name)
        if field.related_model:
            owner, model = name, field.related_model
    whole = f"{owner}'s {name}" if owner and name != owner else name
    return f"the whole {whole}" if exact else whole


def _field(model: type[Model], name: str) -> Any:
    """The field, or None."""
    try:
        return model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
