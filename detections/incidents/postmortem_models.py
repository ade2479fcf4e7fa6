"""The postmortem's text by version."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from detections.incidents.models import Incident
from opsconsole.accounts.models import ACTOR_LENGTH
from opsconsole.lib.db.triggers import append_only, no_truncate


class PostmortemVersion(models.Model):
    """One text of a postmortem (markdown). The highest number is current; the first is drafted from the record."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="postmortem_versions")
    number = models.PositiveIntegerField()
    text = models.TextField()
    finished = models.BooleanField(default=False, help_text="Whether its author says that it is done.")
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    actor_name = models.CharField(max_length=ACTOR_LENGTH)
    note = models.CharField(max_length=300, blank=True, help_text="What changed, in the author's words.")

    class Meta:
        ordering = ["incident", "-number"]
        constraints = [models.UniqueConstraint(fields=["incident", "number"], name="postmortem_version_number")]
        triggers = [append_only(), no_truncate()]

    def __str__(self) -> str:
        return f"Postmortem of {self.incident.name}, version {self.number}"
