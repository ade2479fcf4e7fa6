"""Shapes that all of the API's lists and errors share (pure)."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from ninja import Field, Schema
from pydantic import StringConstraints

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
    limit: Text = Field("", description="Items on a page, 1 to 200; 50 when empty.")


class Problem(Schema):
    """An error, RFC 9457, sent as application/problem+json."""

    type: str
    title: str
    status: int
    detail: str = Field(description="What was wrong, and what would be right.")
