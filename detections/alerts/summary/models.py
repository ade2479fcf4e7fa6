"""The daily summaries, one a day. Their messages are deliveries, as those of alerts are."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class DailySummary(models.Model):
    """What was told on a day, of the time [since, until); the pages show it as it was then."""

    day = models.DateField(unique=True, help_text="On which it was due, in the zone of that time.")
    since = models.DateTimeField(help_text="End of the one before; at most a week earlier.")
    until = models.DateTimeField(help_text="When it was due.")
    made_at = models.DateTimeField()
    content = models.JSONField(default=dict, help_text="What it says: alerts.channels.summary_facts.")

    class Meta:
        ordering = ["-day"]
        verbose_name_plural = "daily summaries"
        constraints = [models.CheckConstraint(condition=Q(since__lt=F("until")), name="summary_ends_after_its_start")]
        indexes = [models.Index(fields=["-until"], name="summary_newest")]

    def __str__(self) -> str:
        return f"Daily summary of {self.day}"
