"""Runbook and its versions."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from bootstrap.systems.models import System
from opsconsole.lib.db.triggers import immutable, no_truncate


class Runbook(models.Model):
    """A runbook by name; its text is in its versions."""

    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="runbooks")
    slug = models.SlugField(unique=True, max_length=100, allow_unicode=True)
    title = models.CharField(max_length=300)

    class Meta:
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title


class RunbookVersion(models.Model):
    """One text of a runbook, immutable."""

    runbook = models.ForeignKey(Runbook, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    content_hash = models.CharField(max_length=64, help_text="SHA-256 of the source.")
    source = models.TextField(help_text="The markdown as it came.")
    summary = models.JSONField(help_text="Facts and contradictions of the text, worked out when it was stored.")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)

    class Meta:
        ordering = ["runbook", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["runbook", "number"], name="runbook_version_number"),
            models.UniqueConstraint(fields=["runbook", "content_hash"], name="runbook_text_once"),
        ]
        triggers = [immutable(), no_truncate()]

    def __str__(self) -> str:
        return f"{self.runbook} v{self.number}"
