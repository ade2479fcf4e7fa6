"""Alerts (episodes), their log and suppressions. Messages: `delivery_models`; policies, windows and targets:
`routing_models`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from detections.rules.models import Evidence, Rule, RuleVersion, Scope, Severity
from detections.telemetry.models import Project, ProjectEnvironment
from opsconsole.accounts.models import ACTOR_LENGTH, Owner
from opsconsole.lib.db.triggers import append_only, no_truncate

STILL_FIRES = (
    "It still fires. Resolved by hand it stays quiet until the condition has cleared once or rises above its severity; "
    "everybody who was told is told that it is resolved, if others are told with it after the last of them is over."
)


class Alert(models.Model):
    """One episode of one rule on one group key. Status and handling are independent of each other."""

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        FIRING = "firing", "Firing"
        RECOVERING = "recovering", "Recovering"
        RESOLVED = "resolved", "Resolved"
        INACTIVE = "inactive", "Inactive (a pending that passed)"

    class Handling(models.TextChoices):
        UNACKNOWLEDGED = "unacknowledged", "Unacknowledged"
        ACKNOWLEDGED = "acknowledged", "Acknowledged"

    class Disposition(models.TextChoices):
        TRUE_POSITIVE = "true_positive", "True positive"
        FALSE_POSITIVE = "false_positive", "False positive"
        EXPECTED = "expected", "Expected"

    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="alerts")
    rule = models.ForeignKey(Rule, on_delete=models.PROTECT, related_name="alerts")
    version = models.ForeignKey(RuleVersion, on_delete=models.PROTECT, related_name="+", help_text="At opening.")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="alerts")
    project_environment = models.ForeignKey(ProjectEnvironment, on_delete=models.PROTECT, related_name="alerts")
    group_key = models.CharField(max_length=300, blank=True)
    severity = models.PositiveSmallIntegerField(choices=Severity.choices, help_text="The highest it reached.")
    slot_severity = models.PositiveSmallIntegerField(choices=Severity.choices, help_text="Of the last firing slot.")
    status = models.CharField(max_length=10, choices=Status.choices)
    handling = models.CharField(max_length=14, choices=Handling.choices, default=Handling.UNACKNOWLEDGED)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="acknowledged_alerts"
    )
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_until = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    # When the acknowledgment is due for its reminder, then for its end; NULL: never.
    due_at = models.DateTimeField(null=True, blank=True)
    tags = ArrayField(models.CharField(max_length=50), default=list, blank=True, help_text="Given by its policies.")
    assignee = models.ForeignKey(
        Owner,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="assigned_alerts",
        help_text="To whom it was handed over.",
    )
    cause = models.CharField(max_length=300, blank=True, help_text="Likely cause, from a matched signature.")
    owner = models.CharField(
        max_length=100, blank=True, help_text="Whom to escalate to: signature's, else first response."
    )
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    count = models.PositiveIntegerField(null=True, blank=True, help_text="Events in the window of its evidence.")
    opened_at = models.DateTimeField(
        help_text="When the condition was first seen to hold: its slot's end, or earlier if it was judged on arrival."
    )
    status_since = models.DateTimeField(help_text="Slot of the last change of status.")
    last_firing_at = models.DateTimeField(null=True, blank=True, help_text="Last slot in which the condition held.")
    last_slot = models.DateTimeField(help_text="Last slot applied; an older one changes nothing.")
    progress = models.DurationField(default=timedelta(0), help_text="Judged time since the last change of direction.")
    flips = ArrayField(models.DateTimeField(), default=list, blank=True, help_text="Slots of the last changes.")
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    resolution = models.CharField(max_length=300, blank=True, help_text="Why it was closed.")
    disposition = models.CharField(
        max_length=14,
        blank=True,
        choices=Disposition.choices,
        help_text="What it was; empty: not judged.",
    )
    disposition_why = models.CharField(max_length=300, blank=True, help_text="Required of a false positive.")
    detected_late = models.BooleanField(default=False)
    detected_at = models.DateTimeField(
        null=True, blank=True, help_text="When the slot that opened it was judged; bounds how many open at once."
    )
    members_firing = models.PositiveIntegerField(
        null=True, blank=True, help_text="Of the alert that scopes share in a flood: how many of them fire."
    )
    flapping_since = models.DateTimeField(null=True, blank=True)
    # The scope's id while the episode is open, NULL exactly when it is closed: UNIQUE forbids a second open one.
    dedup_key = models.BigIntegerField(null=True, unique=True, editable=False)
    revision = models.PositiveIntegerField(default=0, help_text="Compare-and-set: a person's act names the one it saw.")

    # Not stored: whether the act that returned this object changed it, or it was so before.
    changed: bool = False
    # Not stored: what a list shows under the leader of a group (`queries.with_others`).
    others: Sequence[Alert] = ()
    # Not stored: whether that act told anybody.
    was_told: bool = False

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["resolved", "inactive"]) ^ Q(dedup_key__isnull=False),
                name="alert_open_exactly_with_dedup_key",
            ),
            models.CheckConstraint(
                condition=Q(handling="unacknowledged", acknowledged_by__isnull=True)
                | Q(handling="acknowledged", acknowledged_by__isnull=False),
                name="alert_acknowledged_by_someone",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "-opened_at"], name="alert_status"),
            models.Index(fields=["-opened_at"], name="alert_opened_at"),
            models.Index(fields=["rule", "project_environment", "detected_at"], name="alert_detected_at"),
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="alert_due"),
            models.Index(fields=["rule", "opened_at"], condition=~Q(disposition=""), name="alert_judged"),
        ]

    def __str__(self) -> str:
        return f"{self.rule.identifier} on {self.group_key or self.project_environment}"

    @property
    def never_fired(self) -> bool:
        """Whether it passed while it was pending: nothing can be done about it."""
        return self.status == self.Status.INACTIVE

    @property
    def asked_before_resolving(self) -> str:
        """What a person is asked, and told, who resolves it by hand while it fires; '' where it does not."""
        return STILL_FIRES if self.status == self.Status.FIRING else ""

    @property
    def where(self) -> str:
        """Project and environment; for configuration findings the deployment that reported them, `raptor/prod ·
        raxx-api-prod`, or the environment where nothing is deployed. Load the evidence with the alert."""
        data = self.evidence.data if self.evidence else {}
        if "host" in data:
            return " · ".join(filter(None, (data["place"], data["host"])))
        return f"{self.project.slug}/{self.project_environment.name}"


class AlertLog(models.Model):
    """One change of an alert: who or what, when, from, to, why. Never updated, never deleted."""

    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="log")
    at = models.DateTimeField()
    slot_end = models.DateTimeField(null=True, blank=True)
    kind = models.CharField(max_length=20, help_text="opened, firing, recovering, resolved, acknowledged, severity, …")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    actor_name = models.CharField(
        max_length=ACTOR_LENGTH, help_text="The person's, token's or engine's name at that time."
    )
    old = models.CharField(max_length=ACTOR_LENGTH, blank=True)
    new = models.CharField(max_length=ACTOR_LENGTH, blank=True)
    why = models.TextField(blank=True)
    version = models.ForeignKey(RuleVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["id"]
        triggers = [append_only(), no_truncate()]

    def __str__(self) -> str:
        return f"{self.kind} by {self.actor_name}"


class AlertMember(models.Model):
    """A scope that fires within an alert that it shares with others in a flood (`alerts.handling.shared_alert`)."""

    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="members")
    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="memberships")
    severity = models.PositiveSmallIntegerField(choices=Severity.choices, help_text="The highest it reached.")
    slot_severity = models.PositiveSmallIntegerField(choices=Severity.choices, help_text="Of the last firing slot.")
    count = models.PositiveIntegerField(null=True, help_text="Events in the window of its evidence.")
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, null=True, related_name="+")
    joined_at = models.DateTimeField(help_text="Slot in which it fired first.")
    last_firing_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True, help_text="Slot in which it was clear; null while it fires.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["alert", "scope"], name="alert_member_once")]
        indexes = [models.Index(fields=["scope"], condition=Q(cleared_at__isnull=True), name="alert_member_firing")]

    def __str__(self) -> str:
        return f"{self.scope} in {self.alert}"


class ScopeSuppression(models.Model):
    """After a resolve by hand: no new alert of the scope until it is clear once or fires at a higher severity."""

    scope = models.OneToOneField(Scope, on_delete=models.CASCADE, related_name="suppression")
    severity = models.PositiveSmallIntegerField(choices=Severity.choices)
    since = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.scope)
