"""The timeline of an incident: lines, what people say of them, and files."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from detections.incidents.models import Incident
from opsconsole.accounts.models import ACTOR_LENGTH
from opsconsole.lib.db.triggers import append_only, immutable, no_truncate


class TimelineLine(models.Model):
    """What happened, once. Gathered from a row of the console (`ref`), written by an act on the incident, or a note."""

    class Kind(models.TextChoices):
        ALERT = "alert", "Alert"
        ACKNOWLEDGMENT = "acknowledgment", "Acknowledgment"
        MESSAGE = "message", "Message"
        RELEASE = "release", "Release"
        CONFIGURATION = "configuration", "Configuration"
        SIGN_OFF = "sign_off", "Sign-off"
        RULE = "rule", "Rule"
        ACT = "act", "Incident"
        UPDATE = "update", "Update"
        NOTE = "note", "Note"

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="timeline")
    kind = models.CharField(max_length=14, choices=Kind.choices)
    at = models.DateTimeField(help_text="When it happened.")
    recorded_at = models.DateTimeField(help_text="When it was written here.")
    text = models.CharField(max_length=1000, help_text="One sentence; of a note its first line.")
    body = models.TextField(blank=True, help_text="Of a note its whole text (markdown).")
    where = models.CharField(max_length=300, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    actor_name = models.CharField(max_length=ACTOR_LENGTH, blank=True)
    url = models.CharField(max_length=500, blank=True, help_text="The page of the row that it is about.")
    ref = models.CharField(max_length=100, blank=True, help_text="Its row, of a gathered line, or its key, of a note.")
    important = models.BooleanField(default=False, help_text="As its source judges; people may say otherwise.")

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["incident", "ref"], condition=~Q(ref=""), name="timeline_line_once")
        ]
        indexes = [
            models.Index(fields=["incident", "at", "id"], name="timeline_line_at"),
            models.Index(fields=["incident", "-id"], name="timeline_line_newest"),
        ]
        triggers = [append_only(), no_truncate()]

    def __str__(self) -> str:
        return self.text


class TimelineMark(models.Model):
    """What a person says of a line: important, left out, or neither. The newest of a line holds."""

    class Mark(models.TextChoices):
        PLAIN = "", "Neither"
        IMPORTANT = "important", "Important"
        LEFT_OUT = "left_out", "Left out"

    incident = models.ForeignKey(
        Incident, on_delete=models.PROTECT, db_index=False, related_name="+", help_text="That of the line."
    )
    line = models.ForeignKey(TimelineLine, on_delete=models.PROTECT, related_name="marks")
    mark = models.CharField(max_length=9, choices=Mark.choices, blank=True)
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    actor_name = models.CharField(max_length=ACTOR_LENGTH)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["line", "-id"], name="timeline_mark_newest"),
            models.Index(fields=["incident", "-id"], name="timeline_mark_of_incident"),
        ]
        triggers = [append_only(), no_truncate()]

    def __str__(self) -> str:
        return f"{self.get_mark_display()} by {self.actor_name}"


class TimelineFile(models.Model):
    """A file of a note, judged and named as those of checklists' evidence."""

    line = models.ForeignKey(TimelineLine, on_delete=models.PROTECT, related_name="files")
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField(help_text="Bytes.")
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()

    class Meta:
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=Q(size__gt=0), name="timeline_file_not_empty")]
        triggers = [immutable(), no_truncate()]

    def __str__(self) -> str:
        return self.name
