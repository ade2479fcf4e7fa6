"""Reads what people and programs give to an act: cleaned, or refused with a sentence that names the field."""

from __future__ import annotations

from datetime import UTC, datetime

from detections.incidents.models import WHY_LENGTH, Incident
from detections.incidents.record.write import IncidentInputError
from opsconsole.lib.db.storable import storable
from opsconsole.lib.text.secrets import scrub_lines

SUMMARY_LENGTH = 20_000
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)  # far from where calendars end: a margin or a zone may be taken off


def line(field: str, value: str, length: int, *, required: str = "") -> str:
    """The value on one line, without secrets. Raises IncidentInputError where it is longer, cannot be stored, or is
    missing and `required` says what is asked for."""
    value = " ".join(value.split())
    if required and not value:
        raise IncidentInputError(f"{field}: {required}")
    return text(field, value, length)


def text(field: str, value: str, length: int) -> str:
    """The value, its secrets replaced by `[Filtered]`. Raises as `key`."""
    return scrub_lines(key(field, value, length))[:length]


def key(field: str, value: str, length: int) -> str:
    """The value as it is, by which something is found again. Raises IncidentInputError where it is longer or cannot be
    stored."""
    if len(value) > length:
        raise IncidentInputError(f"{field}: at most {length:,} characters.")
    if not storable(value):
        raise IncidentInputError(f"{field}: without NUL and lone surrogates.")
    return value


def why(value: str, *, required: str = "") -> str:
    """A reason."""
    return line("why", value, WHY_LENGTH, required=required)


def severity(value: int) -> Incident.Severity:
    """One of the five."""
    if value not in Incident.Severity.values:
        raise IncidentInputError("severity: 1 (the worst) to 5.")
    return Incident.Severity(value)


def past(field: str, value: datetime | None, now: datetime) -> datetime | None:
    """A time that has passed, of this century. Raises IncidentInputError."""
    if value is not None and value < EARLIEST:
        raise IncidentInputError(f"{field}: not before {EARLIEST:%Y}.")
    if value is not None and value > now:
        raise IncidentInputError(f"{field}: not in the future; it is {now:%Y-%m-%d %H:%M} UTC now.")
    return value
