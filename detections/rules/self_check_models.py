"""The checks of this console by itself that fail at present, and when they were made."""

from __future__ import annotations

from django.db import models

from detections.telemetry.models import ProjectEnvironment


class FailingCheck(models.Model):
    """A check that fails, as the newest run of the self-watch found it; gone once it passes. Rules of kind `self_check`
    judge these rows."""

    check_name = models.CharField(max_length=20, help_text="As `rules.spec.conditions.self_check` names it.")
    project_environment = models.ForeignKey(ProjectEnvironment, on_delete=models.CASCADE, related_name="+")
    subject = models.CharField(max_length=200, blank=True, help_text="The target that fails; empty: the check's own.")
    sentence = models.TextField(help_text="What is wrong, as a sentence without a full stop.")
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["check_name", "project_environment", "subject"], name="failing_check_once")
        ]

    def __str__(self) -> str:
        return self.sentence

    @property
    def group_key(self) -> str:
        """`evaluation`, `target: Slack ops`."""
        return f"{self.check_name}: {self.subject}" if self.subject else self.check_name


class SelfWatch(models.Model):
    """When this console was checked and pinged last: one row, by which of several processes one checks in a minute."""

    ONLY = 1

    checked_at = models.DateTimeField(null=True)
    sources_at = models.DateTimeField(null=True, help_text="Silent sources, which cost more, are looked for hourly.")
    pinged_at = models.DateTimeField(null=True, help_text="When the dead-man URL answered 2xx.")
    ping_error = models.CharField(max_length=300, blank=True, help_text="Why it did not, since then.")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="self_watch_one_row")]

    def __str__(self) -> str:
        return f"Self-watch of {self.checked_at}"
