"""Action items of incidents."""

from __future__ import annotations

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q

from bootstrap.checklists.models import ChecklistVersion
from detections.incidents.models import Incident
from opsconsole.accounts.models import ACTOR_LENGTH, Owner
from opsconsole.lib.db.triggers import immutable


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class ActionItem(models.Model):
    """Something to be done after an incident. Never deleted: what is not to be done is dropped, with the reason."""

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        DONE = "done", "Done"
        DROPPED = "dropped", "Dropped"

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="actions")
    text = models.CharField(max_length=500)
    status = models.CharField(max_length=7, choices=Status.choices, default=Status.OPEN)
    owner = models.ForeignKey(Owner, on_delete=models.PROTECT, null=True, blank=True, related_name="action_items")
    due = models.DateField(null=True, blank=True)
    link = models.URLField(max_length=500, blank=True, help_text="A pull request or a ticket.")
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=ACTOR_LENGTH)
    ended_at = models.DateTimeField(null=True, blank=True, help_text="When it was done or dropped.")
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    ended_by_name = models.CharField(max_length=ACTOR_LENGTH, blank=True)
    why = models.CharField(max_length=300, blank=True, help_text="Why it was dropped.")
    revision = models.PositiveIntegerField(default=0, help_text="Compare-and-set: an act names the one it saw.")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="open") ^ Q(ended_at__isnull=False), name="action_item_open_exactly_without_end"
            ),
            models.CheckConstraint(condition=~Q(status="dropped", why=""), name="action_item_dropped_with_reason"),
        ]
        indexes = [models.Index(fields=["due"], condition=Q(status="open"), name="action_item_due")]

    def __str__(self) -> str:
        return self.text


class ActionInChecklist(models.Model):
    """The item of a checklist that an action item was made, so that every environment does it.

    The item's words link back to the incident. That a run has it done closes nothing: a person does.
    """

    action = models.OneToOneField(ActionItem, on_delete=models.PROTECT, related_name="in_checklist")
    version = models.ForeignKey(
        ChecklistVersion, on_delete=models.PROTECT, related_name="+", help_text="The first version that has the item."
    )
    key = models.CharField(max_length=100, help_text="The item's key.")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "actions in checklists"
        triggers = [immutable()]

    def __str__(self) -> str:
        return f"{self.key} in {self.version}"
