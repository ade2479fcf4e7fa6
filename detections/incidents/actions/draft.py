"""Reads what an action item is to say: cleaned, or refused with a sentence that names the field."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from detections.incidents.action_models import ActionItem
from detections.incidents.models import WHY_LENGTH
from detections.incidents.record.write import IncidentInputError
from opsconsole.accounts.models import Owner
from opsconsole.accounts.owners import find
from opsconsole.lib.db.storable import storable
from opsconsole.lib.text.secrets import scrub_text

TEXT_LENGTH = ActionItem._meta.get_field("text").max_length or 0
LINK_LENGTH = ActionItem._meta.get_field("link").max_length or 0
OWNER_LENGTH = Owner._meta.get_field("name").max_length or 0
FIRST_YEAR, LAST_YEAR = 2000, 2199
_is_address = URLValidator(schemes=["http", "https"])


@dataclass(frozen=True)
class ActionDraft:
    """What an item says. `owner` is the name of an owner or a person, empty for nobody; `due` an ISO date or empty;
    `link` a web address or empty."""

    text: str
    owner: str = ""
    due: str = ""
    link: str = ""


def values_of(draft: ActionDraft) -> dict[str, Any]:
    """The fields of the row. At most two queries. Raises IncidentInputError."""
    text = _line("text", draft.text, TEXT_LENGTH)
    if not text:
        raise IncidentInputError("text: say what is to be done.")
    return {"text": text, "owner": _owner(draft.owner), "due": _due(draft.due), "link": _link(draft.link)}


def reason(why: str) -> str:
    """Why an item is dropped. Raises IncidentInputError."""
    if not (found := _line("why", why, WHY_LENGTH)):
        raise IncidentInputError("why: say why it is not to be done.")
    return found


def _line(field: str, value: str, length: int) -> str:
    """The value on one line, without secrets."""
    line = " ".join(value.split())
    if not storable(line):
        raise IncidentInputError(f"{field}: without NUL and lone surrogates.")
    line = scrub_text(line)
    if len(line) > length:
        raise IncidentInputError(f"{field}: at most {length} characters; it has {len(line):,}.")
    return line


def _owner(name: str) -> Owner | None:
    if not (name := _line("owner", name, OWNER_LENGTH)):
        return None
    owner = find(name)
    if owner is None:
        raise IncidentInputError(f"owner: nobody is called “{name}”; name an owner or a user, or nobody.")
    return owner


def _due(text: str) -> date | None:
    if not (text := text.strip()):
        return None
    try:
        due = date.fromisoformat(text)
    except ValueError:
        due = None
    if due is None or due.isoformat() != text or not FIRST_YEAR <= due.year <= LAST_YEAR:
        raise IncidentInputError(f"due: a date as 2026-06-20, of the years {FIRST_YEAR} to {LAST_YEAR}.")
    return due


def _link(text: str) -> str:
    if not (text := text.strip()):
        return ""
    if len(text) > LINK_LENGTH:
        raise IncidentInputError(f"link: at most {LINK_LENGTH} characters; it has {len(text):,}.")
    try:
        _is_address(text)
    except ValidationError:
        raise IncidentInputError("link: a web address that begins with https:// or http://.") from None
    if scrub_text(text) != text:
        raise IncidentInputError("link: without a password or a token in it.")
    return text
