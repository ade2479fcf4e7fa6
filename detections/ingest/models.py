"""The inbox, quarantined requests, and the minutes that rules have to evaluate."""

from __future__ import annotations

from django.db import models

from detections.ingest import inbox_row
from detections.telemetry.models import Project, ProjectEnvironment
from opsconsole.lib.text.humanize import utc


class Inbox(models.Model):
    """An accepted request, raw and unscrubbed, until the digest reads it. Not in the admin; in a backup only what
    could not be digested before.

    The digest takes the oldest rows first; the body keeps the encoding in which it was sent.
    """

    class Format(models.TextChoices):
        ENVELOPE = inbox_row.ENVELOPE, "Envelope"
        STORE = inbox_row.STORE, "Store"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    format = models.CharField(max_length=8, choices=Format.choices)
    received_at = models.DateTimeField()
    event_id = models.UUIDField(help_text="The id answered to the client; for an event without one, made by us.")
    body = models.BinaryField()
    encoding = models.CharField(max_length=8, blank=True, help_text="Content encoding of the stored body.")
    size = models.PositiveIntegerField(
        null=True, help_text="Bytes of the body when decoded, by which digest bounds its batches; null: not known."
    )
    attempts = models.PositiveSmallIntegerField(default=0, help_text="How often digest set it aside before.")
    sender = models.CharField(
        max_length=45, blank=True, default="", db_default="", help_text="Address of the client; empty: not known."
    )

    class Meta:
        verbose_name_plural = "inbox"

    def __str__(self) -> str:
        return self.event_id.hex


class Quarantined(models.Model):
    """An inbox row whose digest raised, with the error: it blocks no other row and can be retried."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    format = models.CharField(max_length=8, choices=Inbox.Format.choices)
    received_at = models.DateTimeField()
    event_id = models.UUIDField()
    body = models.BinaryField(help_text="Scrubbed; plain text, not compressed.")
    error = models.TextField()
    attempts = models.PositiveSmallIntegerField(default=1)
    sender = models.CharField(
        max_length=45, blank=True, default="", db_default="", help_text="Address of the client until it is tried again."
    )
    set_aside_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-set_aside_at"]
        verbose_name = "quarantined event"

    def __str__(self) -> str:
        return self.event_id.hex


class DirtySlot(models.Model):
    """A minute of event time in which a project's environment received events. Ingest adds rows, rules delete them."""

    project_environment = models.ForeignKey(ProjectEnvironment, on_delete=models.CASCADE, related_name="+")
    minute = models.DateTimeField(help_text="Start of the minute; its slot ends a minute later.")
    marked_at = models.DateTimeField()

    class Meta:
        # No unique key, so that digests never wait for each other; rules read distinct minutes.
        indexes = [models.Index(fields=["marked_at"], name="dirty_slot_marked_at")]

    def __str__(self) -> str:
        return f"{self.project_environment} at {utc(self.minute)}"
