"""What people do with action items. Of two people at once one wins, the other is told.

Each act is a line of the incident's timeline. The incident itself does not change by it, and neither does its revision.
Who does it has the permission for it: the callers check that."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from detections.incidents.action_models import ActionItem
from detections.incidents.actions.draft import ActionDraft, reason, values_of
from detections.incidents.record.write import IncidentInputError, append, lock, refuse_closed
from opsconsole.accounts.models import User

Status = ActionItem.Status
MOST = 200  # items of an incident
MANY = f"text: an incident has at most {MOST} action items; drop or finish some, or make a project of them."


class ActionConflict(Exception):
    """The item has changed meanwhile, or is in no state for the act: `item` is as it is now; the text is a sentence."""

    def __init__(self, item: ActionItem, message: str) -> None:
        super().__init__(message)
        self.item = item
        self.message = message


@transaction.atomic
def add(incident_id: int, draft: ActionDraft, now: datetime, *, by: User | None, actor: str) -> ActionItem:
    """A new open item. Raises Incident.DoesNotExist, IncidentInputError, and IncidentConflict where the incident is
    closed and `by` may not change such: its items are worked off then, and none is added."""
    values = values_of(draft)
    incident = lock(incident_id)
    refuse_closed(incident, by)
    if incident.actions.count() >= MOST:
        raise IncidentInputError(MANY)
    item = ActionItem.objects.create(incident=incident, created_at=now, created_by=actor, **values)
    _say(item, f"Action item added: {item.text}{_facts(item)}", now, actor, by)
    return item


@transaction.atomic
def edit(
    item_id: int, draft: ActionDraft, now: datetime, *, by: User | None, actor: str, seen: int | None = None
) -> ActionItem:
    """Gives an open item other words, owner, date or link; the same again changes nothing.

    `seen`: the revision that the person saw; None accepts any. Raises ActionItem.DoesNotExist, ActionConflict,
    IncidentInputError."""
    values = values_of(draft)
    item = _locked(item_id)
    if all(getattr(item, name) == value for name, value in values.items()):
        return item
    _refuse(item, seen, Status.OPEN)
    for name, value in values.items():
        setattr(item, name, value)
    _save(item, *values)
    _say(item, f"Action item changed: {item.text}{_facts(item)}", now, actor, by)
    return item


def finish(item_id: int, now: datetime, *, by: User | None, actor: str, seen: int | None = None) -> ActionItem:
    """Marks an open item as done; one that is done already stays as it is. Raises as `edit`."""
    return _end(item_id, Status.DONE, "", now, by=by, actor=actor, seen=seen)


def drop(item_id: int, why: str, now: datetime, *, by: User | None, actor: str, seen: int | None = None) -> ActionItem:
    """Drops an open item, which needs a reason. Raises as `edit`."""
    return _end(item_id, Status.DROPPED, reason(why), now, by=by, actor=actor, seen=seen)


@transaction.atomic
def reopen(item_id: int, now: datetime, *, by: User | None, actor: str, seen: int | None = None) -> ActionItem:
    """Makes an item that was done or dropped open again. Raises as `edit`."""
    item = _locked(item_id)
    if item.status == Status.OPEN:
        return item
    _refuse(item, seen, item.status)
    item.status, item.ended_at, item.ended_by, item.ended_by_name, item.why = Status.OPEN, None, None, "", ""
    _save(item, "status", "ended_at", "ended_by", "ended_by_name", "why")
    _say(item, f"Action item open again: {item.text}", now, actor, by)
    return item


@transaction.atomic
def _end(
    item_id: int, status: str, why: str, now: datetime, *, by: User | None, actor: str, seen: int | None
) -> ActionItem:
    item = _locked(item_id)
    if (item.status, item.why) == (status, why):
        return item
    _refuse(item, seen, Status.OPEN)
    item.status, item.ended_at, item.ended_by, item.ended_by_name, item.why = status, now, by, actor, why
    _save(item, "status", "ended_at", "ended_by", "ended_by_name", "why")
    said = f"Action item {item.get_status_display().lower()}: {item.text}" + (f" ({why})" if why else "")
    _say(item, said, now, actor, by)
    return item


def _locked(item_id: int) -> ActionItem:
    """The item and its incident, locked in the order in which every act locks them."""
    incident_id = ActionItem.objects.values_list("incident_id", flat=True).get(pk=item_id)
    incident = lock(incident_id)
    item = ActionItem.objects.select_for_update(of=("self",), no_key=True).select_related("owner").get(pk=item_id)
    item.incident = incident
    return item


def _refuse(item: ActionItem, seen: int | None, status: str) -> None:
    """Refuses the act where the item has changed since `seen`, or is not in `status`."""
    ended = f"{item.ended_by_name} {'finished' if item.status == Status.DONE else 'dropped'} it"
    if item.status != status:
        raise ActionConflict(item, f"{ended}; open it again first." if item.ended_at else "It is open.")
    if seen is not None and seen != item.revision:
        raise ActionConflict(item, ended if item.ended_at else "It changed since you saw it; look at it again.")


def _save(item: ActionItem, *fields: str) -> None:
    item.revision += 1
    item.save(update_fields=[*fields, "revision"])


def _say(item: ActionItem, text: str, now: datetime, actor: str, by: User | None) -> None:
    """The line of the timeline. Action items are in the postmortem by themselves, so the line is not important."""
    url = f"{reverse('incident', args=[item.incident_id])}#action-{item.pk}"
    append(item.incident, now, text, actor=actor, by=by, url=url)


def _facts(item: ActionItem) -> str:
    """` (owner ada, due 2026-06-20)`."""
    facts = [f"owner {item.owner}"] if item.owner else []
    facts += [f"due {item.due:%Y-%m-%d}"] if item.due else []
    return f" ({', '.join(facts)})" if facts else ""
