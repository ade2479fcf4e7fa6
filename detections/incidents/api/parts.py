"""What belongs to an incident over the API: timeline and notes, updates, action items."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Status

from bootstrap.importer.editing.acts import EditRefused
from bootstrap.importer.editing.store_edit import Overtaken
from bootstrap.importer.views import PERMISSION as EDIT_ITEMS
from detections.incidents.action_models import ActionItem
from detections.incidents.actions import acts
from detections.incidents.actions.draft import ActionDraft
from detections.incidents.actions.to_checklist import AlreadyInChecklist, add_to_checklist, section_in_newest
from detections.incidents.api.acting import Seen, allowed, as_problems, one, required
from detections.incidents.api.items import as_action, as_lines, as_update
from detections.incidents.api.note_files import FORM_BODY, files_of
from detections.incidents.api.schemas import (
    ActionChecklistIn,
    ActionChecklistOut,
    ActionConflictOut,
    ActionIn,
    ActionOut,
    ActionWhyIn,
    IncidentConflictOut,
    NoteIn,
    TimelineFilters,
    TimelineLineOut,
    UpdateIn,
    UpdateOut,
)
from detections.incidents.timeline.notes import add_note
from detections.incidents.timeline.queries import lines_of, with_marks
from detections.incidents.timeline_models import TimelineLine
from detections.incidents.update_models import IncidentUpdate
from detections.incidents.updates.facts import level_of
from detections.incidents.updates.promise import proposed
from detections.incidents.updates.told import told_of
from detections.incidents.updates.write_update import write_update
from opsconsole.accounts.bearer import WriteBearer, actor, caller
from opsconsole.lib import clock
from opsconsole.lib.lookup import NotFound
from opsconsole.lib.web.api_schemas import Page, Paged, Problem
from opsconsole.lib.web.paging import page
from opsconsole.lib.web.problem import ProblemError

router = Router(tags=["incidents"])
LISTED = {404: Problem, 422: Problem}
WRITTEN = {403: Problem, 404: Problem, 409: IncidentConflictOut, 422: Problem}
NOTES = "incident_notes"
BY_TIME = (("at", datetime), ("id", int))


@router.get(
    "/{int:incident_id}/timeline/",
    response={200: Page[TimelineLineOut], **LISTED},
    summary="The timeline, newest first",
)
def list_timeline(request: HttpRequest, incident_id: int, filters: Query[TimelineFilters]) -> dict[str, Any]:
    rows = with_marks(lines_of(one(incident_id), filters.show))
    lines, following = page(request, rows, BY_TIME)
    return {"items": as_lines(lines), "next": following}


@router.post(
    "/{int:incident_id}/notes/",
    auth=WriteBearer(),
    response={201: TimelineLineOut, **WRITTEN},
    url_name=NOTES,
    summary="Write a note",
    openapi_extra=FORM_BODY,
)
def write_note(request: HttpRequest, incident_id: int, body: NoteIn) -> Status[dict[str, Any]]:
    """A line of the timeline. Secrets in its text are replaced. With files it is sent as a form."""
    text = required("text", body.text, incident_id)
    token, files = allowed(request, "change_incident", incident_id), files_of(request)
    with as_problems(incident_id):
        write = partial(add_note, by=token.owner, actor=actor(token), at=body.at, key=body.key, files=files)
        line = write(incident_id, text, clock.now())
    return Status(201, as_lines(with_marks(TimelineLine.objects.filter(pk=line.pk)))[0])


@router.get(
    "/{int:incident_id}/updates/",
    response={200: Page[UpdateOut], **LISTED},
    summary="What people were told, newest first",
)
def list_updates(request: HttpRequest, incident_id: int, filters: Query[Paged]) -> dict[str, Any]:
    """With what became of the message to each target."""
    incident = one(incident_id)
    updates, following = page(request, incident.updates.order_by(), (("number", int),))
    return {"items": [as_update(each) for each in told_of(incident, updates)], "next": following}


@router.post(
    "/{int:incident_id}/updates/", auth=WriteBearer(), response={201: UpdateOut, **WRITTEN}, summary="Tell people"
)
def tell_people(
    request: HttpRequest, incident_id: int, body: UpdateIn, revision: Seen = None
) -> Status[dict[str, Any]]:
    """The update goes to the incident's targets, but for those of PagerDuty, Jira and Opsgenie."""
    text = required("text", body.text, incident_id)
    token, now = allowed(request, "change_incident", incident_id), clock.now()
    incident = one(incident_id)
    promised = body.next_update_at
    if "next_update_at" not in body.model_fields_set:
        promised = proposed(level_of(incident), incident.status, now)
    write = partial(write_update, by=token.owner, actor=actor(token), next_update_at=promised, seen=revision)
    with as_problems(incident_id):
        update: IncidentUpdate = write(incident_id, text, now)
    return Status(201, as_update(told_of(incident, [update])[0]))


@router.get(
    "/{int:incident_id}/actions/", response={200: Page[ActionOut], **LISTED}, summary="Action items, oldest first"
)
def list_actions(request: HttpRequest, incident_id: int, filters: Query[Paged]) -> dict[str, Any]:
    rows = one(incident_id).actions.select_related("owner")
    items, following = page(request, rows, (("id", int),), descending=False)
    return {"items": [as_action(item) for item in items], "next": following}


@router.post(
    "/{int:incident_id}/actions/",
    auth=WriteBearer(),
    response={201: ActionOut, **WRITTEN},
    summary="Add an action item",
)
def add_action(request: HttpRequest, incident_id: int, body: ActionIn) -> Status[dict[str, Any]]:
    text = required("text", body.text, incident_id)
    token = allowed(request, "change_incident", incident_id)
    draft = ActionDraft(text, body.owner, body.due, body.link)
    with as_problems(incident_id):
        item = acts.add(incident_id, draft, clock.now(), by=token.owner, actor=actor(token))
    return Status(201, as_action(item))


ENDED = {200: ActionOut, 403: Problem, 404: Problem, 409: ActionConflictOut, 422: Problem}
ITEM = "/{int:incident_id}/actions/{int:action_id}"


@router.post(f"{ITEM}/done/", auth=WriteBearer(), response=ENDED, summary="Mark an action item as done")
def finish_action(request: HttpRequest, incident_id: int, action_id: int, revision: Seen = None) -> dict[str, Any]:
    """One that is done already stays as it is."""
    return _about_item(request, incident_id, action_id, acts.finish, revision)


@router.post(f"{ITEM}/drop/", auth=WriteBearer(), response=ENDED, summary="Drop an action item")
def drop_action(
    request: HttpRequest, incident_id: int, action_id: int, body: ActionWhyIn | None = None, revision: Seen = None
) -> dict[str, Any]:
    """It stays, as not to be done, with the reason."""
    why = body.why if body else ""
    return _about_item(request, incident_id, action_id, partial(acts.drop, why=why), revision)


@router.post(f"{ITEM}/reopen/", auth=WriteBearer(), response=ENDED, summary="Open an action item again")
def reopen_action(request: HttpRequest, incident_id: int, action_id: int, revision: Seen = None) -> dict[str, Any]:
    return _about_item(request, incident_id, action_id, acts.reopen, revision)


@router.post(
    f"{ITEM}/checklist/",
    auth=WriteBearer(),
    response={200: ActionChecklistOut, 403: Problem, 404: Problem, 409: Problem, 422: Problem},
    summary="Make an action item an item of a checklist",
)
def action_to_checklist(
    request: HttpRequest, incident_id: int, action_id: int, body: ActionChecklistIn
) -> dict[str, Any]:
    """A new version of the checklist has it, and every later run. One that was made an item already is not again."""
    token = caller(request)
    if not token.owner.has_perm(EDIT_ITEMS):
        raise ProblemError(403, f"{token.owner} may not change checklists; a checklist signer may.")
    if not ActionItem.objects.filter(pk=action_id, incident=incident_id).exists():
        raise NotFound("action item", action_id, place=f"in INC-{incident_id}")
    section = section_in_newest(body.checklist, body.section)
    try:
        made = add_to_checklist(action_id, section, body.text, clock.now(), by=token.owner, actor=actor(token))
    except AlreadyInChecklist as refusal:
        raise ProblemError(409, str(refusal)) from None
    except EditRefused as refusal:
        raise ProblemError(422, str(refusal)) from None
    except Overtaken as overtaken:
        raise ProblemError(409, f"{overtaken} Send it again.") from None
    return {
        "action": action_id,
        "checklist": section.version.checklist.slug,
        "version": made.version.number,
        "key": made.key,
    }


def _about_item(
    request: HttpRequest, incident_id: int, action_id: int, act: Callable[..., ActionItem], seen: int | None
) -> dict[str, Any]:
    """Items are worked off after their incident has closed, by who may change incidents at all."""
    one(incident_id)
    token = allowed(request, "change_incident")
    if not ActionItem.objects.filter(pk=action_id, incident=incident_id).exists():
        raise NotFound("action item", action_id, place=f"in INC-{incident_id}")
    with as_problems(incident_id):
        return as_action(act(action_id, now=clock.now(), by=token.owner, actor=actor(token), seen=seen))
