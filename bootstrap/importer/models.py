"""Imports that are worked off in the background, edits of items on a page, postures that wait for their deployment."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from bootstrap.runbooks.models import Runbook, RunbookVersion
from bootstrap.systems.models import App
from opsconsole.lib.db.triggers import immutable


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
    undo_edits = models.BooleanField(
        default=False, help_text="To be stored although it lacks what was edited on the page since."
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


class RunbookDraft(models.Model):
    """A person's edits of a runbook's items that are not stored yet: one draft for each person and runbook.

    `text` is that of `base` after `acts`, and `refused` are the acts that could not be done again on a newer version,
    each with `why`.
    """

    runbook = models.ForeignKey(Runbook, on_delete=models.PROTECT, related_name="drafts")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="runbook_drafts")
    base = models.ForeignKey(
        RunbookVersion, on_delete=models.PROTECT, related_name="+", help_text="The version that it changes."
    )
    text = models.TextField(help_text="The markdown with the edits.")
    acts = models.JSONField(default=list, help_text="The edits, in order.")
    refused = models.JSONField(default=list, blank=True, help_text="Edits that a newer version has no place for.")
    revision = models.PositiveIntegerField(default=0, help_text="Compare-and-set: an edit names the one it saw.")
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["-changed_at"]
        constraints = [models.UniqueConstraint(fields=["runbook", "by"], name="runbook_draft_once")]

    def __str__(self) -> str:
        return f"Draft of {self.runbook} by {self.by}"


class RunbookEdit(models.Model):
    """A version of a runbook that was made by editing another one on a page: which, what was done to it, and why."""

    version = models.OneToOneField(RunbookVersion, on_delete=models.PROTECT, related_name="edit", primary_key=True)
    base = models.ForeignKey(
        RunbookVersion, on_delete=models.PROTECT, related_name="edits", help_text="The version that was changed."
    )
    acts = models.JSONField(help_text="The edits, in order.")
    reason = models.CharField(max_length=300, help_text="Why, in the words of who stored it.")

    class Meta:
        ordering = ["-version"]
        triggers = [immutable()]

    def __str__(self) -> str:
        return f"{self.version}: {self.reason}"
