"""Groups of alerts that stand for one thing (decision 19)."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.db.models import Q

from detections.alerts.models import Alert


class AlertGroup(models.Model):
    """Alerts of one cause, told as one; also one that is alone. It outlives its first alert, and is closed after the
    last. Written only under the lock of its environment (`causes.store.lock`)."""

    class Kind(models.TextChoices):
        ALONE = "", "Alone"
        STORM = "storm", "Many groups of one rule at once"
        ISSUE = "issue", "The same issue"
        FAILURE = "failure", "The same known failure"
        NARROWER = "narrower", "A narrower rule fires"

    episode = models.UUIDField(
        unique=True, default=uuid4, editable=False, help_text="Key of its messages; no other console gives it."
    )
    kind = models.CharField(max_length=8, choices=Kind.choices, blank=True, help_text="What keeps it together.")
    # The last one, when it is closed; NULL after another group absorbed it.
    leader = models.OneToOneField(Alert, on_delete=models.PROTECT, null=True, related_name="led")
    size = models.PositiveIntegerField(default=1, help_text="Alerts in it that are open.")
    severity = models.PositiveSmallIntegerField(default=0, help_text="The highest that was told at once; 0: none was.")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    # Of the group, so that whoever leads it is repeated.
    repeat_at = models.DateTimeField(
        null=True, blank=True, help_text="When a policy with a repeat interval may want its message again; null: never."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_at__isnull=False) | Q(leader__isnull=False), name="alert_group_open_has_leader"
            )
        ]
        indexes = [
            models.Index(fields=["repeat_at"], condition=Q(repeat_at__isnull=False), name="alert_group_repeat"),
        ]

    def __str__(self) -> str:
        return f"Group of {self.leader}" if self.leader else f"Group {self.pk}"

    @property
    def others(self) -> int:
        """The number of open alerts besides the leader."""
        return max(self.size - 1, 0)


class GroupedAlert(models.Model):
    """An alert in its group, with what others may share with it. Beside the alert's row, which another worker may have
    locked when it moves to another group."""

    alert = models.OneToOneField(Alert, on_delete=models.PROTECT, primary_key=True, related_name="grouped")
    group = models.ForeignKey(AlertGroup, on_delete=models.PROTECT, related_name="alerts")
    # Neither once the alert is closed, so that the indexes hold open ones only.
    failure = models.CharField(max_length=330, blank=True, help_text="Environment and cause of the matched signature.")
    issue = models.BigIntegerField(null=True, help_text="Of most events of its evidence.")
    joined_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["failure"], condition=~Q(failure=""), name="grouped_alert_failure"),
            models.Index(fields=["issue"], condition=Q(issue__isnull=False), name="grouped_alert_issue"),
        ]

    def __str__(self) -> str:
        return f"{self.alert_id} in group {self.group_id}"
