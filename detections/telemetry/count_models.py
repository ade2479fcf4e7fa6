"""Counts of series per minute and hour, coverage, receipts and discards. MinuteCount is partitioned by day."""

from __future__ import annotations

from django.db import models

from detections.telemetry.models import Project, Series
from opsconsole.lib.text.humanize import utc


class MinuteCount(models.Model):
    """Count of a series in one minute of event time (sparse). Partitioned by day of `minute`."""

    id = models.BigAutoField(primary_key=True)
    project = models.ForeignKey(Project, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    series = models.ForeignKey(Series, on_delete=models.DO_NOTHING, db_constraint=False, related_name="minutes")
    minute = models.DateTimeField()
    n = models.PositiveIntegerField()

    class Meta:
        managed = False
        db_table = "detections_minutecount"

    def __str__(self) -> str:
        return f"{self.series} at {utc(self.minute)}"


class HourCount(models.Model):
    """Count of a series per hour, for charts beyond the retention of minutes and for the list of routes."""

    series = models.ForeignKey(Series, on_delete=models.CASCADE, related_name="hours")
    hour = models.DateTimeField()
    n = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hour", "series"], name="hour_count_once")]
        indexes = [models.Index(fields=["series", "hour"], name="hour_count_series")]

    def __str__(self) -> str:
        return f"{self.series} at {utc(self.hour)}"


class Coverage(models.Model):
    """A minute in which ingest of a source was up (its heartbeat): there, no events means zero.

    `project` is null for a heartbeat of the source; set where coverage was back-filled or is per project.
    """

    source = models.CharField(max_length=10, choices=Series.Source.choices)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    minute = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "minute", "project"], name="coverage_once", nulls_distinct=False)
        ]
        verbose_name_plural = "coverage"

    def __str__(self) -> str:
        return f"{self.get_source_display()} at {utc(self.minute)}"


class Receipt(models.Model):
    """The id of a counted event. Not partitioned, so that an event sent again after midnight is recognised."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    event_id = models.UUIDField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "event_id"], name="receipt_once")]
        indexes = [models.Index(fields=["received_at"], name="receipt_received_at")]

    def __str__(self) -> str:
        return self.event_id.hex


class Discard(models.Model):
    """Items received but not stored, or dropped by clients (client_report), per reason and hour."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="discards")
    hour = models.DateTimeField()
    reason = models.CharField(max_length=60, help_text="e.g. client:ratelimit_backoff, duplicate, unused:session.")
    category = models.CharField(max_length=30)
    n = models.PositiveBigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "hour", "reason", "category"], name="discard_once")]

    def __str__(self) -> str:
        return f"{self.reason} of {self.project} at {utc(self.hour)}"
