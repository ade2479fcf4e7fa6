"""What is known of an issue beside its row: figures in each environment and of each release, and its words."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from detections.telemetry.models import Issue, ProjectEnvironment


class IssueEnvironment(models.Model):
    """Figures of an issue in one environment. `users`: distinct there, exact up to 10,000."""

    # The unique key leads with the issue. No other index on what each batch updates: its updates stay in their pages.
    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="in_environments", db_index=False)
    project_environment = models.ForeignKey(ProjectEnvironment, on_delete=models.CASCADE, related_name="+")
    events = models.PositiveBigIntegerField(default=0)
    users = models.PositiveIntegerField(default=0)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issue", "project_environment"], name="issue_environment_once")]

    def __str__(self) -> str:
        return f"{self.issue} in {self.project_environment}"


class IssueRelease(models.Model):
    """Figures of an issue in one environment and release. Users are counted from the stored events."""

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="in_releases", db_index=False)
    project_environment = models.ForeignKey(ProjectEnvironment, on_delete=models.CASCADE, related_name="+")
    release = models.CharField(max_length=200)
    events = models.PositiveBigIntegerField(default=0)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issue", "project_environment", "release"], name="issue_release_once")
        ]
        indexes = [models.Index(fields=["release", "project_environment"], name="issue_release_name")]

    def __str__(self) -> str:
        return f"{self.issue} in {self.release}"


class IssueUser(models.Model):
    """A user affected by an issue in an environment (hash only); at most 10,000 rows an issue and environment."""

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="+", db_index=False)
    project_environment = models.ForeignKey(ProjectEnvironment, on_delete=models.CASCADE, related_name="+")
    user_hash = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issue", "user_hash", "project_environment"], name="issue_user_once")
        ]

    def __str__(self) -> str:
        return f"A user of {self.issue}"


class IssueText(models.Model):
    """The words of an issue's messages: of the first 20 that differ by more than their variable parts."""

    issue = models.OneToOneField(Issue, on_delete=models.CASCADE, primary_key=True, related_name="text")
    keys = ArrayField(models.BigIntegerField(), default=list, help_text="`words.template_key` of each message.")
    words = SearchVectorField(help_text="Types, messages, functions and routes, as `words.vector` makes them.")

    class Meta:
        indexes = [GinIndex(fields=["words"], name="issue_text_words")]

    def __str__(self) -> str:
        return f"Words of {self.issue}"
