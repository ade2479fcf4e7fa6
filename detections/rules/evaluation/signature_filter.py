"""The events of a flood that signatures may match, chosen by the database without reading the others' texts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import reduce
from operator import and_, or_

from django.db.models import Q, TextField
from django.db.models.functions import Cast

from detections.rules.spec.signature import Signature

# Fields of events as text; JSON is searched as it is written.
AS_TEXT = {"chain_text": Cast("chain", TextField()), "places_text": Cast("places", TextField())}
_NOT_PLAIN = re.compile(r"[|(\[{\\]")
_ENDS_RUN = re.compile(r".[*?+]+|[.^$)\]}]", re.DOTALL)


def filter_of(signatures: Iterable[Signature]) -> Q | None:
    """Matches every event, annotated with AS_TEXT, that one of the signatures matches, and some more; None where there
    is no text to search for."""
    wanted = [condition for signature in signatures if (condition := _filter(signature)) is not None]
    return reduce(or_, wanted) if wanted else None


def required_text(pattern: str, syntax: str) -> str:
    """A text that everything contains that the pattern matches (pure); '' where none is found easily."""
    if syntax == "substring":
        return pattern
    return "" if _NOT_PLAIN.search(pattern) else max(_ENDS_RUN.split(pattern), key=len)


def _filter(signature: Signature) -> Q | None:
    exception, message, logger, place = (
        required_text(signature.pattern(field), signature.syntax)
        for field in ("exception", "message", "logger", "place")
    )
    parts = [
        (exception, _contains("exception_type", exception) | _in_json("chain_text", exception)),
        (message, _contains("message", message) | _in_json("chain_text", message)),
        (logger, _contains("logger", logger)),
        (place, _in_json("places_text", place)),
    ]
    known = [condition for text, condition in parts if text]
    return reduce(and_, known) if known else None


def _contains(column: str, text: str) -> Q:
    return Q(**{f"{column}__contains": text})


def _in_json(column: str, text: str) -> Q:
    return _contains(column, json.dumps(text, ensure_ascii=False)[1:-1])
