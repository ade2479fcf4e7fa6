"""Imports that are worked off in the background, and postures that wait for the deployment that they are about."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from bootstrap.runbooks.models import RunbookVersion
from bootstrap.systems.models import App


class RunbookImport(models.Model):
    """A text that somebody gave to be stored, how far that is and what came of it.

    `source` is kept until it is stored as a version. What counts up while it is being stored stands in Redis
    (`progress.py`): all rows of a runbook are one transaction, of which nobody else sees anything before its end.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        READING = "reading", "Reading"
        STORING = "storing", "Storing"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    OPEN = (State.WAITING, State.READING, State.STORING)

    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="runbook_imports")
    created_at = models.DateTimeField()
    moved_at = models.DateTimeField(help_text="When its state changed last.")
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="How often it was begun.")
    name = models.CharField(max_length=200, blank=True, help_text="The file's, where it was one.")
    system = models.CharField(max_length=50, blank=True, help_text="As asked for; empty for the one that it names.")
    slug = models.CharField(
        max_length=100, blank=True, help_text="Of the runbook that was chosen; empty for the one of its title."
    )
    source = models.TextField(blank=True)
    content_hash = models.CharField(max_length=64, help_text="SHA-256 of the source.")
    lines = models.PositiveIntegerField(help_text="Lines of the source.")
    total = models.PositiveIntegerField(default=0, help_text="Rows to store, known once it was read.")
    message = models.TextField(blank=True, help_text="What came of it.")
    version = models.ForeignKey(RunbookVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="imports")

    class Meta:
        ordering = ["-id"]
        constraints = [
            # A second click, or the same file sent twice, is the same import while it is under way.
            models.UniqueConstraint(
                fields=["by", "content_hash", "system", "slug"],
                condition=Q(state__in=["waiting", "reading", "storing"]),
                name="runbook_import_once",
            )
        ]

    def __str__(self) -> str:
        return self.name or f"text of {self.lines:,} lines"

    def get_absolute_url(self) -> str:
        return reverse("runbook_import_progress", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN


class WaitingPosture(models.Model):
    """A posture that a runbook's newest version describes for an environment in which the application does not run yet.

    It becomes a proposal, and its row is deleted, once it does.
    """

    version = models.ForeignKey(RunbookVersion, on_delete=models.PROTECT, related_name="waiting_postures")
    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="waiting_postures")
    environment = models.CharField(max_length=100, help_text="As the text names it: a slug or an alias.")
    date = models.CharField(max_length=10, help_text="The day of the decision, as the text gives it.")
    section = models.CharField(max_length=200, blank=True, help_text="Slug of the section that describes it.")
    text = models.TextField(help_text="Markdown, as the text gives it.")
    line = models.PositiveIntegerField(help_text="Of the version's source.")

    class Meta:
        ordering = ["version", "line"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "app", "section", "environment", "date"], name="waiting_posture_once"
            )
        ]

    def __str__(self) -> str:
        return f"Posture of {self.environment} ({self.date}) in {self.version}"
