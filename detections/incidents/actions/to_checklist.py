"""Makes an action item an item of a checklist, so that every later run has it. Both link to each other."""

from __future__ import annotations

import re
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from bootstrap.checklists.models import Checklist, Item, Section
from bootstrap.checklists.version_queries import newest_versions
from bootstrap.importer.editing.acts import AddItem, EditRefused
from bootstrap.importer.editing.outline import outline_of
from bootstrap.importer.editing.store_edit import add_at_once, editable_text, newest_of, section_named
from detections.incidents.action_models import ActionInChecklist, ActionItem
from detections.incidents.record.write import append, lock
from opsconsole.accounts.models import User
from opsconsole.lib.lookup import find

# What begins a point of a list: its item would be shown with a second box.
_MARKS = re.compile(r"\A(?:(?:[-*+]|\d{1,9}[.)])\s+|\[[ xX]?\]\s+|[☐☑☒]\s*)+")


class AlreadyInChecklist(EditRefused):
    """Somebody made it an item before; `made` says of which checklist."""

    def __init__(self, made: ActionInChecklist) -> None:
        super().__init__(f"It is the item {made.key} of {made.version} already.")
        self.made = made


def words_for(action: ActionItem) -> str:
    """Its text with a link to the incident, without what would be read as a mark of a list."""
    address = f"{settings.PUBLIC_URL}{reverse('incident', args=[action.incident_id])}#action-{action.pk}"
    text = _MARKS.sub("", action.text) or action.text
    return f"{text} ([INC-{action.incident_id}]({address}))"


@transaction.atomic
def add_to_checklist(
    action_id: int, section: Section, text: str, now: datetime, *, by: User, actor: str
) -> ActionInChecklist:
    """A new version of the section's checklist with the item at the end of the section.

    `text` is what the item is to say, without the link, which is added. Raises ActionItem.DoesNotExist, EditRefused,
    AlreadyInChecklist, Overtaken where another version was stored at the same moment.
    """
    incident_id = ActionItem.objects.values_list("incident_id", flat=True).get(pk=action_id)
    incident = lock(incident_id)
    action = ActionItem.objects.select_for_update(no_key=True).get(pk=action_id)
    if made := ActionInChecklist.objects.filter(action=action).select_related("version__checklist").first():
        raise AlreadyInChecklist(made)
    checklist = section.version.checklist
    if checklist.runbook is None:
        raise EditRefused("This checklist has no runbook, whose text could be changed.")
    action.text = " ".join(text.split()) or action.text
    words = words_for(action)
    ref = section_named(outline_of(editable_text(newest_of(checklist.runbook))), checklist.title, section.slug)
    outcome = add_at_once(checklist.runbook, AddItem(ref, words), f"Action item of INC-{incident_id}", by)
    version = next(each for each in outcome.checklist_versions if each.checklist_id == checklist.pk)
    key = Item.objects.get(section__version=version, text=words).key
    made = ActionInChecklist.objects.create(action=action, version=version, key=key, at=now, by=by)
    url = f"{reverse('incident', args=[incident_id])}#action-{action.pk}"
    append(incident, now, f"Action item made the item {key} of {version}", actor=actor, by=by, url=url)
    return made


def section_in_newest(checklist: str, section: str) -> Section:
    """The section of that slug in the newest version of the checklist of that slug. Raises NotFound, which says which
    there are."""
    version = newest_versions().filter(checklist=find(Checklist.objects.all(), "checklist", checklist)).first()
    sections = Section.objects.filter(version=version)
    return find(sections.select_related("version__checklist__runbook"), "section", section)
