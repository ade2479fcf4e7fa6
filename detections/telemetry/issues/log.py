"""The model IssueLog: one row for each change of an issue's status."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models

from detections.telemetry.models import Issue
from opsconsole.accounts.models import ACTOR_LENGTH


class IssueLog(models.Model):
    """One change of an issue's status: actor, time, old and new status. Never updated; deleted with its issue."""

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="log")
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    actor_name = models.CharField(
        max_length=ACTOR_LENGTH, help_text="The person's name at that time; digest: it came back."
    )
    old = models.CharField(max_length=12, choices=Issue.Status.choices)
    new = models.CharField(max_length=12, choices=Issue.Status.choices)

    class Meta:
        ordering = ["-id"]
        verbose_name = "change of an issue"
        verbose_name_plural = "changes of issues"
        triggers = [pgtrigger.Protect(name="immutable", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return f"{self.new} by {self.actor_name}"
