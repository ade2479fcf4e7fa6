"""Shapes that all of the API's lists and errors share."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from ninja import Field, Schema
from pydantic import StringConstraints

from opsconsole.lib.web.paging import MOST, USUAL

Item = TypeVar("Item")
Text = Annotated[str, StringConstraints(max_length=300, pattern=r"^[^\x00]*$")]
"""Text in an address; PostgreSQL knows no NUL."""


class Page(Schema, Generic[Item]):
    """One page of a list; `next` is the address of the following one, or null."""

    items: list[Item]
    next: str | None


class Paged(Schema):
    """What every list's address may say."""

    cursor: Text = Field("", description="From `next` of the page before.")
    limit: int = Field(USUAL, ge=1, le=MOST, description="Items on a page.")


class Problem(Schema):
    """An error, RFC 9457, sent as application/problem+json."""

    type: str
    title: str
    status: int
    detail: str = Field(description="What was wrong, and what would be right.")
