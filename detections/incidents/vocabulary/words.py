"""Bug classes and contributing factors by name: found whatever their case, made where there is none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from django.db import IntegrityError, transaction

from detections.incidents.models import BugClass, ContributingFactor
from detections.incidents.record.write import IncidentInputError
from opsconsole.lib.db.storable import storable
from opsconsole.lib.text.secrets import scrub_text

NAME_LENGTH = BugClass._meta.get_field("name").max_length or 0
MOST_FACTORS = 20  # of an incident
Word = TypeVar("Word", BugClass, ContributingFactor)


def bug_class_named(name: str) -> BugClass | None:
    """The bug class of that name, made if there is none; None for an empty name. Raises IncidentInputError."""
    clean = _clean("bug_class", name)
    return _find_or_make(BugClass, clean) if clean else None


def factors_named(names: Iterable[str]) -> list[ContributingFactor]:
    """The contributing factors of these names, each once, made where there are none; empty names are passed over.
    Raises IncidentInputError."""
    wanted = {clean.casefold(): clean for name in names if (clean := _clean("factors", name))}
    if len(wanted) > MOST_FACTORS:
        raise IncidentInputError(f"factors: at most {MOST_FACTORS}; there are {len(wanted)}.")
    return [_find_or_make(ContributingFactor, name) for name in wanted.values()]


def bug_class_names() -> list[str]:
    """All, for completion. One query."""
    return list(BugClass.objects.order_by("name").values_list("name", flat=True))


def factor_names() -> list[str]:
    """All, for completion. One query."""
    return list(ContributingFactor.objects.order_by("name").values_list("name", flat=True))


def _find_or_make(model: type[Word], name: str) -> Word:
    """The row of that name, spelled alike but for the case; of two people who make it at once one does."""
    found = _like(model, name)
    if found:
        return found[0]
    try:
        with transaction.atomic():
            return model.objects.create(name=name)
    except IntegrityError:
        return model.objects.get(name=name)


def _like(model: type[Word], name: str) -> Sequence[Word]:
    """Those of that name in any case, the one in exactly this case first."""
    return sorted(model.objects.filter(name__iexact=name), key=lambda row: (row.name != name, row.pk))


def _clean(field: str, name: str) -> str:
    line = " ".join(name.split())
    if not storable(line):
        raise IncidentInputError(f"{field}: without NUL and lone surrogates.")
    line = scrub_text(line)
    if len(line) > NAME_LENGTH:
        raise IncidentInputError(f"{field}: a name has at most {NAME_LENGTH} characters; it has {len(line):,}.")
    return line
