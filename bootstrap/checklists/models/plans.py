"""Who is to do what of a run, and until when."""

from __future__ import annotations

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q

from bootstrap.checklists.models.content import Item
from bootstrap.checklists.models.runs import Run
from opsconsole.accounts.models import ACTOR_LENGTH, Owner


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class RunPlan(models.Model):
    """The owner and the due date of a run as a whole (`item` is None), or of one of its items. A row without both says
    that they were taken away. Kept with the run, as versions never change; the event rows are its history.

    An item without an owner of its own is its run's owner's. A due date is of the item, or of the run, alone.
    """

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="plans")
    item = models.ForeignKey(
        Item,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="plans",
        help_text="Empty for the run as a whole.",
    )
    owner = models.ForeignKey(
        Owner,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="run_plans",
        help_text="The person or group who is to do it.",
    )
    due_on = models.DateField(
        null=True, blank=True, help_text="The last day for it, to its end in UTC; the day after, it is overdue."
    )
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    set_by_name = models.CharField(max_length=ACTOR_LENGTH, help_text="Who set it last, as they were called then.")
    set_at = models.DateTimeField()
    revision = models.PositiveIntegerField(default=1, help_text="Compare-and-set: a change names the one it saw.")

    class Meta:
        ordering = ["run", "id"]
        verbose_name = "owner and due date"
        verbose_name_plural = "owners and due dates"
        constraints = [
            models.UniqueConstraint(fields=["run", "item"], name="run_plan_once", nulls_distinct=False),
        ]
        indexes = [
            models.Index(fields=["due_on"], condition=Q(due_on__isnull=False), name="run_plan_due"),
        ]

    def __str__(self) -> str:
        return f"{self.item.key if self.item else 'the whole run'} of run {self.run_id}"
