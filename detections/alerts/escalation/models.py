"""Escalation policies, the escalation of each alert, responders, and which targets reach an owner."""

from __future__ import annotations

import pghistory
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from detections.alerts.causes.models import AlertGroup
from detections.alerts.escalation.state import EscalationStatus
from detections.alerts.models import Alert
from detections.alerts.routing_models import Target
from opsconsole.accounts.models import ACTOR_LENGTH, Owner

LONGEST_WAIT = 24 * 60  # minutes
MOST_REPEATS = 9
MOST_STEPS = 1000


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class EscalationPolicy(models.Model):
    """Whom to tell, one step after another, while nobody acknowledges an alert. Notification policies refer to it."""

    name = models.CharField(max_length=100, unique=True)
    repeat = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(MOST_REPEATS)],
        help_text=f"How often all steps run again while nobody acknowledges: 0 to {MOST_REPEATS}.",
    )

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "escalation policies"

    def __str__(self) -> str:
        return self.name


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class EscalationStep(models.Model):
    """One step: after its wait it tells its owners and targets."""

    policy = models.ForeignKey(EscalationPolicy, on_delete=models.CASCADE, related_name="steps")
    number = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(MOST_STEPS)], help_text="The order, from 1."
    )
    wait_minutes = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_WAIT)],
        help_text=f"Minutes after the step before, or after the first message: 1 to {LONGEST_WAIT:,}.",
    )
    owners = models.ManyToManyField(Owner, blank=True, related_name="escalation_steps")
    targets = models.ManyToManyField(Target, blank=True, related_name="escalation_steps")

    class Meta:
        ordering = ["number"]
        # Deferred to the end of the transaction, so that steps can be exchanged in any order.
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "number"], name="escalation_step_number", deferrable=models.Deferrable.DEFERRED
            )
        ]

    def __str__(self) -> str:
        return f"Step {self.number} after {self.wait_minutes} min"


class Escalation(models.Model):
    """The escalation of a group of alerts, with the steps as they were when it was routed. Changed under the lock of
    the group's environment (`causes.store.lock`)."""

    group = models.OneToOneField(AlertGroup, on_delete=models.PROTECT, related_name="escalation")
    policy = models.ForeignKey(EscalationPolicy, on_delete=models.SET_NULL, null=True, related_name="escalations")
    policy_name = models.CharField(max_length=100)
    plan = models.JSONField(help_text="The steps (escalation.plan), as they were when the alert was routed.")
    status = models.CharField(
        max_length=9, choices=[(each.value, each.value.capitalize()) for each in EscalationStatus]
    )
    step = models.PositiveSmallIntegerField(default=0, help_text="The next to run, from 0.")
    round = models.PositiveSmallIntegerField(default=0, help_text="How often all steps were repeated.")
    due_at = models.DateTimeField(null=True, blank=True, help_text="When the next step is due; null: none is.")
    started_at = models.DateTimeField(
        help_text="Since when nobody has it: the first message, a rise in severity, the end of an acknowledgment."
    )
    held_back = models.CharField(max_length=300, blank=True, help_text="Why the due step waits, e.g. for a silence.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status="waiting", due_at__isnull=False) | (~Q(status="waiting") & Q(due_at__isnull=True)),
                name="escalation_due_exactly_while_waiting",
            )
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="escalation_due")]

    def __str__(self) -> str:
        return f"{self.policy_name} of group {self.group_id}"


class OwnerTarget(models.Model):
    """A target that reaches an owner."""

    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="reached_by")
    target = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="reaches")

    class Meta:
        ordering = ["target__name"]
        constraints = [models.UniqueConstraint(fields=["owner", "target"], name="owner_target_once")]

    def __str__(self) -> str:
        return f"{self.owner} by {self.target}"


class Responder(models.Model):
    """An owner whom a person called to an alert, beside its assignee, until somebody calls it off."""

    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="responders")
    owner = models.ForeignKey(Owner, on_delete=models.PROTECT, related_name="responses")
    added_at = models.DateTimeField()
    added_by = models.CharField(max_length=ACTOR_LENGTH)
    stopped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["alert", "owner"], condition=Q(stopped_at__isnull=True), name="responder_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.owner} on alert {self.alert_id}"
