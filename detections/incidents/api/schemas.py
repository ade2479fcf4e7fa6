"""What the API of incidents takes and answers (no ORM)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from ninja import Field, Schema

from opsconsole.lib.web.api_schemas import LongText, Moment, Paged, Problem, StrictBody, Text

StatusWord = Literal["open", "mitigated", "resolved", "postmortem", "closed"]
DispositionWord = Literal["", "true_positive", "false_positive", "expected"]


class IncidentOut(Schema):
    """A record that people work on."""

    id: int
    name: str = Field(description="INC-12, as people call it.")
    title: str
    summary: str = Field(description="Markdown.")
    severity: int | None = Field(description="1 is the worst (SEV-1) … 5; none of some records of runbooks.")
    status: StatusWord = Field(description="postmortem: it is resolved, and its postmortem is due.")
    commander: str | None = Field(description="The owner who commands it.")
    places: list[str] = Field(description="Affected environments of projects and of systems: project/environment.")
    bug_class: str | None
    declared_at: datetime
    declared_by: str
    started_at: datetime | None = Field(description="Start of the impact.")
    mitigated_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    next_update_at: datetime | None = Field(description="When people expect the next update.")
    postmortem_due_at: datetime | None
    revision: int = Field(description="Give it back when acting, to act only on what you saw.")
    url: str


class IncidentRoleOut(Schema):
    role: str
    owner: str
    since: datetime


class IncidentLinkOut(Schema):
    kind: Literal["rule", "issue", "release", "run", "policy", "variable", "url", ""] = Field(
        description="What it leads to; empty: nothing of the console."
    )
    value: str = Field(description="The id, the name of the variable, or the address.")
    text: str


class IncidentDetail(IncidentOut):
    """A record with what belongs to it; timeline, updates and action items have addresses of their own."""

    factors: list[str] = Field(description="Contributing factors.")
    alerts: list[int]
    roles: list[IncidentRoleOut] = Field(description="Those that have not ended.")
    links: list[IncidentLinkOut]
    targets: list[str] = Field(description="The names of the targets that get its updates.")
    closed_why: str = Field(description="Why it closed without a postmortem.")


class IncidentActedOut(IncidentDetail):
    """The incident after an act."""

    changed: bool = Field(description="false: it was so before, perhaps by another request at the same time.")
    told: bool = Field(description="Whether whom the act concerns was told; of handing over.")


class IncidentConflictOut(Problem):
    """What was not done, and the incident as it is now."""

    incident: IncidentOut


class IncidentIn(StrictBody):
    """An incident to declare. With `alerts`, what is left out is filled in from them."""

    title: str = Field("", description="What is wrong, at most 200 characters. Required without alerts.")
    severity: int | None = Field(None, description="1 (the worst) to 5; empty: that of the alerts, without alerts 3.")
    summary: str = Field("", description="Markdown.")
    started_at: Moment | None = Field(None, description="Start of the impact; not in the future.")
    commander: Text | None = Field(None, description="Name of an owner or a user; empty: the owner of the token.")
    alerts: list[int] = Field([], description="Ids of alerts.")
    places: list[str] | None = Field(None, description="Affected environments of projects, as project/environment.")
    targets: list[str] | None = Field(None, description="Names of the targets that get its updates.")
    client_key: str = Field(
        "",
        description="A key of your own, at most 200 characters: declared again by it, the first one is answered (200).",
    )
    another: bool = Field(False, description="Declare it although an alert is in an incident that is not closed (409).")


class IncidentStatusIn(StrictBody):
    status: str | None = Field(None, description="open, mitigated, resolved or postmortem; to close it see /close/.")
    why: str = Field("", description="Asked for where it goes back to an earlier status; at most 300 characters.")


class IncidentSeverityIn(StrictBody):
    severity: int | None = Field(None, description="1 (the worst) to 5.")
    why: str = Field("", description="Why it changes; required, at most 300 characters.")


class JudgmentIn(StrictBody):
    alert: int
    disposition: DispositionWord
    why: str = Field("", description="Required of a false positive.")


class IncidentCloseIn(StrictBody):
    disposition: DispositionWord = Field(
        "", description="What those of its resolved alerts were that nobody has judged; empty: they stay unjudged."
    )
    disposition_why: str = Field("", description="Required where it is false_positive.")
    judgments: list[JudgmentIn] = Field([], description="Alerts of which it is not true.")
    leave_out: bool = Field(False, description="Leave the time of the impact out of the baselines of affected places.")
    why: str = Field("", description="Why it closes without a finished postmortem, where one is due.")


class NoteIn(StrictBody):
    text: str | None = Field(None, description="Markdown; required, at most 20,000 characters.")
    at: Moment | None = Field(None, description="When it happened; empty: now.")
    key: UUID | None = Field(None, description="Of your own: sent again with the same text, it is not written again.")


class NoteFileOut(Schema):
    """A file of a note, which is downloaded from the incident's page."""

    name: str
    content_type: str
    size: int = Field(description="Bytes.")
    sha256: str


class TimelineLineOut(Schema):
    id: int
    kind: str = Field(description="alert, acknowledgment, message, release, configuration, sign_off, rule, act, …")
    at: datetime = Field(description="When it happened.")
    recorded_at: datetime
    text: str
    body: str = Field(description="Of a note its whole text (markdown).")
    where: str
    actor: str
    url: str = Field(description="Path or address of what it is about; empty without one.")
    files: list[NoteFileOut]
    mark: Literal["", "important", "left_out"] = Field(description="As people say, else as its source judges.")


class TimelineFilters(Paged):
    show: Literal["all", "important", "notes"] = "all"


class UpdateMessageOut(Schema):
    """A message of an update to one target."""

    target: str
    channel: str
    status: str = Field(description="would_be_sent: its target has no real channel yet, nothing left the console.")
    outcome: str = Field(description="The same in words.")
    tries: int
    sent_at: datetime | None


class UpdateOut(Schema):
    """What people were told, with the status and severity of that time."""

    number: int
    text: str
    status: StatusWord
    severity: int | None
    next_update_at: datetime | None = Field(description="As it was promised.")
    at: datetime
    actor: str
    messages: list[UpdateMessageOut]


class UpdateIn(StrictBody):
    text: str | None = Field(None, description="What people should know; required, at most 2,000 characters.")
    next_update_at: Moment | None = Field(
        None, description="When the next one comes; left out: as the severity says; null: none is promised."
    )


class ActionOut(Schema):
    """Something to be done after an incident."""

    id: int
    incident: int
    text: str
    status: Literal["open", "done", "dropped"]
    owner: str | None
    due: date | None
    link: str = Field(description="A pull request or a ticket.")
    created_at: datetime
    created_by: str
    ended_at: datetime | None = Field(description="When it was done or dropped.")
    ended_by: str
    why: str = Field(description="Why it was dropped.")
    revision: int


class ActionConflictOut(Problem):
    """What was not done, and the action item as it is now."""

    action: ActionOut


class ActionIn(StrictBody):
    text: str | None = Field(None, description="What is to be done; required, at most 500 characters.")
    owner: str = Field("", description="Name of an owner or a user.")
    due: str = Field("", description="A date, e.g. 2026-06-20.")
    link: str = Field("", description="https address of a pull request or a ticket.")


class ActionWhyIn(StrictBody):
    why: str = Field("", description="Why it is not to be done; required.")


class ActionChecklistIn(StrictBody):
    checklist: Text = Field(description="Slug of the checklist.")
    section: Text = Field(description="Slug of its section; the item comes at its end.")
    text: LongText = Field(
        "", description="What the item says; empty: as the action item. A link to the incident is added."
    )


class ActionChecklistOut(Schema):
    """The item of a checklist that an action item was made."""

    action: int
    checklist: str
    version: int = Field(description="The first version that has the item.")
    key: str


class IncidentFilters(Paged):
    status: Literal["", "current", "open", "mitigated", "resolved", "postmortem", "closed", "overdue", "any"] = Field(
        "", description="current: not closed; overdue: its postmortem is. Empty: any."
    )
    severity: Literal["", "1", "2", "3", "4", "5"] = ""
    project: Text = Field("", description="Slug.")
    environment: Text = ""
    commander: Text = Field("", description="Name of an owner.")
    bug_class: Text = Field("", description="Name.")
    policy: Text = Field("", description="Slug of a policy that it has to do with.")
    q: Text = Field("", description="In number, title, summary, links, bug class, factors and alerts.")
