"""Reads the values of a search's conditions (pure). What cannot be read is refused with what would be right."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from detections.telemetry.search.keys import SearchKey
from detections.telemetry.search.tree import SearchTerm
from opsconsole.lib.lookup import close_matches

_RELATIVE = re.compile(r"([+-])(\d{1,6})(s|m|min|h|d|w)")
_UNITS = {"s": "seconds", "m": "minutes", "min": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2}(?:\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?)?")
_NUMBER = re.compile(r"[0-9]{1,12}")
_HEX_ID = re.compile(r"(?i)[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LIKE_SPECIAL = re.compile(r"[\\%_]")
_SHOWN = 60  # characters of a value that a sentence repeats


class ConditionRefusedError(ValueError):
    """A condition that means nothing; the text says what is wrong and what is allowed."""


class Span(NamedTuple):
    """A time span; None is open. It contains its start and not its end."""

    start: datetime | None
    end: datetime | None


def refuse(term: SearchTerm, key: SearchKey, why: str) -> ConditionRefusedError:
    """The error for a value of a known key."""
    written = str(term)
    shown = written if len(written) <= _SHOWN else f"{written[:_SHOWN]}…"
    return ConditionRefusedError(f"“{shown}”: {why}. {key.name} takes {key.kind.value}, e.g. {key.example}.")


def choices(term: SearchTerm, key: SearchKey) -> list[str]:
    """The chosen words, in their first spelling."""
    without_comparison(term, key)
    for value in term.values:
        if value.lower() not in key.choices:
            near = close_matches(value, key.first_words)
            meant = f" Did you mean {' or '.join(near)}?" if near else ""
            raise ConditionRefusedError(
                f"“{str(term)[:_SHOWN]}”: {key.name} has no “{value[:_SHOWN]}”.{meant} There are: {key.words}."
            )
    return list(dict.fromkeys(key.choices[value.lower()] for value in term.values))


def without_comparison(term: SearchTerm, key: SearchKey | None = None) -> tuple[str, ...]:
    """The values of a term that compares nothing."""
    if term.operator:
        quoted = f'{term.key}:"{term.operator}{term.values[0]}"'
        raise ConditionRefusedError(
            f"“{str(term)[:_SHOWN]}”: {key.name if key else term.key} is not compared by “{term.operator}”; "
            f"for a value that begins so write {quoted[:_SHOWN]}."
        )
    return term.values


def numbers(term: SearchTerm, key: SearchKey) -> list[int]:
    """The numbers."""
    if not all(_NUMBER.fullmatch(value) for value in term.values):
        raise refuse(term, key, "that is no whole number")
    return [int(value) for value in term.values]


def span(term: SearchTerm, key: SearchKey, now: datetime) -> Span:
    """The time span of a term with one value."""
    if len(term.values) > 1:
        raise refuse(term, key, "times are not listed; write two conditions with OR between them")
    try:
        return _span(term.operator, term.values[0], now)
    except (ValueError, OverflowError):
        raise refuse(term, key, "that is no time that is understood") from None


def _span(operator: str, value: str, now: datetime) -> Span:
    if relative := _RELATIVE.fullmatch(value):
        moment = now - timedelta(**{_UNITS[relative[3]]: int(relative[2])})
        if operator and relative[1] == "+":  # longer or shorter ago than that? it would be a guess
            raise ValueError(value)
        later = operator in (">", ">=") or (not operator and relative[1] == "-")
        return Span(moment, None) if later else Span(None, moment)
    start, end = _moment(value)
    spans = {"": Span(start, end), ">": Span(end, None), ">=": Span(start, None), "<": Span(None, start)}
    return spans.get(operator, Span(None, end))


def _moment(value: str) -> tuple[datetime, datetime]:
    """The day, minute or second that a text names. Raises ValueError. Without a zone it is UTC."""
    found = _MOMENT.fullmatch(value)
    if found is None:
        raise ValueError(value)
    day, minute, second, zone = found.groups()
    start = datetime.fromisoformat(f"{day}T{minute or '00:00'}{second or ''}{zone or '+00:00'}").astimezone(UTC)
    length = timedelta(days=1) if minute is None else timedelta(minutes=1) if second is None else timedelta(seconds=1)
    return start, start + length


def hex_id(value: str) -> str:
    """32 hexadecimal digits in lower case, without dashes; empty where the value is no such id."""
    return value.replace("-", "").lower() if _HEX_ID.fullmatch(value) else ""


def ids(term: SearchTerm, key: SearchKey) -> list[str]:
    """The ids."""
    found = [hex_id(value) for value in without_comparison(term, key)]
    if not all(found):
        raise refuse(term, key, "that is no id")
    return found


class TextValues(NamedTuple):
    """Values of a text: to be met exactly, and patterns of LIKE."""

    exact: list[str]
    patterns: list[str]


def texts(values: Sequence[str]) -> TextValues:
    """The values by whether they have a wildcard."""
    wild = [has_wildcard(value) for value in values]
    return TextValues(
        [plain(value) for value, is_wild in zip(values, wild, strict=True) if not is_wild],
        [like_pattern(value) for value, is_wild in zip(values, wild, strict=True) if is_wild],
    )


def has_wildcard(value: str) -> bool:
    """Whether it has an asterisk that is not escaped."""
    return "*" in value.replace(r"\*", "")


def plain(value: str) -> str:
    """The value without escapes."""
    return value.replace(r"\*", "*")


def like_pattern(value: str) -> str:
    """The pattern of LIKE for a value with wildcards."""
    pieces = [_LIKE_SPECIAL.sub(r"\\\g<0>", plain(piece)) for piece in re.split(r"(?<!\\)\*+", value)]
    return "%".join(pieces)


def whole_values(term: SearchTerm, key: SearchKey) -> list[str]:
    """Values that are compared as a whole."""
    if any(has_wildcard(value) for value in without_comparison(term, key)):
        raise refuse(term, key, "a part of it cannot be looked for")
    return [plain(value) for value in term.values]
