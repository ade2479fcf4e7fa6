"""What the API of checklists takes and answers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from ninja import Field, Schema
from pydantic import ConfigDict, HttpUrl, StrictInt

from opsconsole.lib.web.api_schemas import Paged, Text

# The largest value of the column that counts acts.
MAX_SEEN = 2**31 - 1
MAX_ID = 2**63 - 1
ITEM_FIELDS = ("key", "text", "kind", "two_person", "evidence_required", "evidence_kind", "optional", "level")
State = Literal["open", "blocked", "signed", "done", "not_applicable", "waived"]


class ProgressOut(Schema):
    """Counts of items; percent is of those that apply, rounded down."""

    percent: int
    settled: int = Field(description="Done or waived.")
    applicable: int
    blocked: int
    not_applicable: int


class RunOut(Schema):
    """A checklist being worked through in an environment."""

    id: int
    environment: str = Field(description="system/environment.")
    checklist: str
    subject: str = Field(description="What it is about: of a review its pull request.")
    version: int
    started_at: datetime
    closed_at: datetime | None
    outcome: Literal["", "finished", "closed", "missed", "moved"] = Field(
        description="finished: everything that applies was done; closed: by a person, with something left; missed: by "
        "its schedule, with something left; moved: to another version. Empty: open, or closed before this was kept."
    )
    schedule: int | None = Field(description="The schedule that it belongs to.")
    period: date | None = Field(description="First day of the schedule's period, in the schedule's zone.")
    owner: str | None = Field(description="Who owns the run as a whole; null for nobody.")
    due_on: date | None = Field(description="The last day for the whole of it, to its end in UTC.")
    overdue: bool = Field(description="That day has passed, and items are left.")
    progress: ProgressOut
    url: str


class ItemOut(Schema):
    """An item with its state."""

    id: int
    key: str
    section: str
    text: str = Field(description="Markdown.")
    kind: str
    state: State
    blocked_by: list[str] = Field(description="Keys of the items that it waits for.")
    two_person: bool
    evidence_required: bool
    evidence_kind: Literal["", "file", "link"] = Field(description="Which evidence; empty: any of note, link, file.")
    optional: bool
    level: str = Field(description="The lowest level that needs it, one of the checklist's; else empty.")
    first_signed_by: str | None = Field(description="Of an item that two people signed, the first; else null.")
    signed_by: str | None = Field(description="Who made the newest act; null while the item is open.")
    signed_at: datetime | None
    answer: Literal["", "yes", "no"] = Field(description="To an item of the kind question.")
    note: str
    review_by: date | None = Field(description="Of a waived item: the last day of the waiver; then it is open again.")
    owner: str | None = Field(description="Of the item, else of the run; null for nobody.")
    due_on: date | None = Field(description="The last day for the item, to its end in UTC.")
    overdue: bool = Field(description="That day has passed, and it is not settled.")
    together: list[str] = Field(description="Keys of the items that it is signed with, in one act.")
    seen: int = Field(description="How many acts there are on it; give it back when signing.")


class RunDetail(RunOut):
    seen: int = Field(description="How many acts there are on all items; give it back when closing.")
    items: list[ItemOut]


class RunFilters(Paged):
    """A name that is not there is refused, with those that are spelt like it."""

    environment: Text = Field("", description="system/environment; an alias of the environment too.")
    checklist: Text = Field("", description="Slug.")
    subject: Text = Field("", description="Exactly.")
    status: Literal["", "open", "closed"] = Field("", description="Empty: both.")
    outcome: Literal["", "finished", "closed", "missed", "moved"] = Field("", description="Of closed ones.")
    schedule: int | None = Field(None, ge=1, le=MAX_ID, description="Id of a schedule.")


class ItemConflictOut(ItemOut):
    """The item as it is now, with the members of a problem."""

    type: str
    title: str
    status: int
    detail: str


class SignIn(Schema):
    """The fields of an act as query parameters, so that a script can POST without a body."""

    seen: int | None = Field(
        None,
        ge=0,
        le=MAX_SEEN,
        description="Number of acts on the item that you saw; when there are more, the answer is 409.",
    )
    answer: Literal["", "yes", "no"] = Field("", description="Required for a question.")
    note: Text = ""
    link: HttpUrl | None = Field(None, description="Address of the evidence.")


class SignBody(SignIn):
    """The same fields as JSON, which take precedence over the query. An unknown field is refused."""

    model_config = ConfigDict(extra="forbid")

    seen: StrictInt | None = Field(None, ge=0, le=MAX_SEEN, description="As in the query.")
