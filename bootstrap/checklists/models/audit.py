"""Heads of the chain of sign-offs as they were sent, and restores of the database."""

from __future__ import annotations

from django.db import models

from opsconsole.lib.db.triggers import append_only, no_truncate


class DailyHead(models.Model):
    """The head of the chain on a day, and when it was sent to where the settings say. One row a day, in UTC."""

    day = models.DateField(unique=True)
    number = models.PositiveBigIntegerField(help_text="Id of the last act.")
    hash = models.CharField(max_length=64)
    acts = models.PositiveBigIntegerField(help_text="How many acts there were.")
    at = models.DateTimeField(help_text="When it was taken.")
    webhook_at = models.DateTimeField(null=True, blank=True, help_text="When the webhook took it.")
    email_at = models.DateTimeField(null=True, blank=True, help_text="When the mail server took it.")
    error = models.TextField(blank=True, help_text="Why it could not be sent, at the last try; it is tried hourly.")

    class Meta:
        ordering = ["-day"]
        verbose_name = "daily head of sign-offs"
        verbose_name_plural = "daily heads of sign-offs"

    def __str__(self) -> str:
        return f"{self.number}:{self.hash} on {self.day}"


class RestoreRecord(models.Model):
    """A restore of this database from a backup. What was done after `backup_at` and before `at` is not in it."""

    at = models.DateTimeField()
    by_name = models.CharField(max_length=150, help_text="The operating system's user who ran the command.")
    backup_at = models.DateTimeField(help_text="When the backup was made.")
    file = models.CharField(max_length=500, help_text="Path of the backup.")
    sha256 = models.CharField(max_length=64, help_text="Of the database's dump in it.")
    head = models.CharField(max_length=100, blank=True, help_text="Of the chain of sign-offs, NUMBER:HASH.")

    class Meta:
        ordering = ["-id"]
        triggers = [append_only(), no_truncate()]

    def __str__(self) -> str:
        return (
            f"backup of {self.backup_at:%Y-%m-%d %H:%M} UTC restored on {self.at:%Y-%m-%d %H:%M} UTC by {self.by_name}"
        )
