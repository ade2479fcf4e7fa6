"""The model EnvironmentRelease: when an environment of a project first sent an event of a release."""

from __future__ import annotations

from django.db import models

from detections.telemetry.models import ProjectEnvironment
from opsconsole.lib.text.releases import short_release


class EnvironmentRelease(models.Model):
    """A release in an environment of a project, from its first event on. In a flood of made-up names one row, named
    `releases.OTHER`, stands for those that are not kept."""

    project_environment = models.ForeignKey(ProjectEnvironment, on_delete=models.CASCADE, related_name="releases")
    release = models.CharField(max_length=200)
    first_seen = models.DateTimeField(help_text="By the events' own times.")
    last_seen = models.DateTimeField(help_text="Written anew at most once a day.")

    class Meta:
        ordering = ["-first_seen", "-id"]
        verbose_name = "release in an environment"
        verbose_name_plural = "releases in environments"
        constraints = [
            models.UniqueConstraint(fields=["project_environment", "release"], name="environment_release_once")
        ]
        indexes = [
            models.Index(fields=["project_environment", "-first_seen"], name="environment_release_newest"),
            models.Index(fields=["last_seen"], name="environment_release_last_seen"),
        ]

    def __str__(self) -> str:
        return f"{short_release(self.release)} in {self.project_environment}"
