"""The events of a flood that signatures may match, chosen by the database without reading the others' texts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from functools import reduce
from operator import and_, or_

from django.db.models import Q, TextField
from django.db.models.functions import Cast

from detections.rules.spec.signature import Signature

# Fields of events as text; JSON is searched as it is written.
AS_TEXT = {"chain_text": Cast("chain", TextField()), "places_text": Cast("places", TextField())}
_NOT_PLAIN = re.compile(r"[(\[{\\]")
# Alternatives of one pattern that are searched for: each is a search through the texts of the flood.
MOST_TEXTS = 20
_ENDS_RUN = re.compile(r".[*?+]+|[.^$)\]}]", re.DOTALL)


def filter_of(signatures: Iterable[Signature]) -> Q | None:
    """Matches every event, annotated with AS_TEXT, that one of the signatures matches, and some more; None where there
    is no text to search for."""
    wanted = [condition for signature in signatures if (condition := _filter(signature)) is not None]
    return reduce(or_, wanted) if wanted else None


def required_texts(pattern: str, syntax: str) -> list[str]:
    """Texts of which everything that the pattern matches contains one (pure); [] where none are found easily.

    Of alternatives each must have a text: `timed out|refused`. Of groups, classes and escapes none is found.
    """
    if syntax == "substring":
        return [pattern] if pattern else []
    if _NOT_PLAIN.search(pattern):
        return []
    texts = {max(_ENDS_RUN.split(branch), key=len) for branch in pattern.split("|")}
    return [] if "" in texts or len(texts) > MOST_TEXTS else sorted(texts)


def _filter(signature: Signature) -> Q | None:
    columns = {
        "exception": (_contains("exception_type"), _in_json("chain_text")),
        "message": (_contains("message"), _in_json("chain_text")),
        "logger": (_contains("logger"),),
        "place": (_in_json("places_text"),),
    }
    parts = [
        [search(text) for text in required_texts(signature.pattern(field), signature.syntax) for search in searches]
        for field, searches in columns.items()
    ]
    known = [reduce(or_, conditions) for conditions in parts if conditions]
    return reduce(and_, known) if known else None


def _contains(column: str) -> Callable[[str], Q]:
    return lambda text: Q(**{f"{column}__contains": text})


def _in_json(column: str) -> Callable[[str], Q]:
    return lambda text: Q(**{f"{column}__contains": json.dumps(text, ensure_ascii=False)[1:-1]})
