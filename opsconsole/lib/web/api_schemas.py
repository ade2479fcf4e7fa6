"""Schemas that the API's lists and errors share."""

from __future__ import annotations

import re
from typing import Annotated, Generic, TypeVar

from ninja import Field, Schema
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError

from opsconsole.lib.web.paging import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE

Item = TypeVar("Item")
_NUMBER = re.compile(r"\s*[-+]?[0-9.]+\s*")


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise PydanticCustomError("nul", "text must not contain the character NUL")
    return text


# The pattern stands in the document only: an error that quotes it would be Greek to most.
Text = Annotated[
    str,
    StringConstraints(max_length=300),
    AfterValidator(_without_nul),
    Field(json_schema_extra={"pattern": r"^[^\x00]*$"}),
]
"""Text in a query parameter without NUL, which PostgreSQL cannot compare."""

LongText = Annotated[
    str,
    StringConstraints(max_length=2000),
    AfterValidator(_without_nul),
    Field(json_schema_extra={"pattern": r"^[^\x00]*$"}),
]
"""Text in a body, as long as the pages take it, without NUL."""


def _as_text(value: object) -> object:
    if isinstance(value, (int, float)) or (isinstance(value, str) and _NUMBER.fullmatch(value)):
        raise PydanticCustomError("moment", "a time is text such as 2026-06-12T14:00:00Z, and no number")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_as_text)]
"""A time in a body: ISO 8601 with its offset. A number is refused: of seconds or milliseconds it would be guessed."""


class StrictBody(Schema):
    """A JSON body; a field that it does not have is refused, since what a script means to say must not vanish."""

    model_config = ConfigDict(extra="forbid")


class Page(Schema, Generic[Item]):
    """One page of a list; `next` is the address of the following one, or null."""

    items: list[Item]
    next: str | None


class Paged(Schema):
    """Query parameters of every list."""

    cursor: Text = Field("", description="From `next` of the page before.")
    limit: int = Field(DEFAULT_PAGE_SIZE, ge=1, le=MAX_PAGE_SIZE, description="Items on a page.")


class Problem(Schema):
    """An error, RFC 9457, sent as application/problem+json."""

    type: str
    title: str
    status: int
    detail: str = Field(description="What was wrong, and what would be right.")
