"""Updates that people were told of an incident, and the templates that they begin with."""

from __future__ import annotations

import pghistory
from django.conf import settings
from django.db import models

from detections.incidents.models import Incident
from opsconsole.accounts.models import ACTOR_LENGTH
from opsconsole.lib.db.triggers import append_only, no_truncate


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class UpdateTemplate(models.Model):
    """A text with which an update begins. `{title}` and other names in braces are filled in from the incident."""

    name = models.CharField(max_length=100, unique=True)
    order = models.PositiveSmallIntegerField(default=0)
    status = models.CharField(
        max_length=10, choices=Incident.Status.choices, blank=True, help_text="For which it is offered; empty: any."
    )
    text = models.TextField()

    class Meta:
        ordering = ["order", "name"]

    def __str__(self) -> str:
        return self.name


class IncidentUpdate(models.Model):
    """What an incident's targets were told, with its status and severity at that time."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="updates")
    number = models.PositiveIntegerField()
    text = models.TextField()
    status = models.CharField(max_length=10, choices=Incident.Status.choices)
    severity = models.PositiveSmallIntegerField(choices=Incident.Severity.choices, null=True, blank=True)
    next_update_at = models.DateTimeField(null=True, blank=True, help_text="As it was promised.")
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    actor_name = models.CharField(max_length=ACTOR_LENGTH)

    class Meta:
        ordering = ["incident", "number"]
        constraints = [models.UniqueConstraint(fields=["incident", "number"], name="incident_update_number")]
        triggers = [append_only(), no_truncate()]

    def __str__(self) -> str:
        return f"Update {self.number} of {self.incident.name}"
