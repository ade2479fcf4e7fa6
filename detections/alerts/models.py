"""Alerts (episodes), their log, suppressions and deliveries. Policies, windows and targets: `routing_models`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from detections.alerts.channels.console import would_be_sent
from detections.alerts.routing_models import NotificationPolicy, Target
from detections.rules.models import Evidence, Rule, RuleVersion, Scope, Severity
from detections.rules.silence_models import Silence
from detections.telemetry.models import Project, ProjectEnvironment
from opsconsole.accounts.models import ACTOR_LENGTH, Owner
from opsconsole.lib.db.triggers import append_only, no_truncate

STILL_FIRES = (
    "It still fires. Resolved by hand it stays quiet until the condition has cleared once or rises above its severity; "
    "everybody who was told is told that it is resolved."
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
    # When a policy with a repeat interval may want its message sent again; NULL: never.
    repeat_at = models.DateTimeField(null=True, blank=True)
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
            models.Index(fields=["repeat_at"], condition=Q(repeat_at__isnull=False), name="alert_repeat"),
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
        raxx-api-prod`. Load the evidence with the alert."""
        data = self.evidence.data if self.evidence else {}
        if "host" in data:
            return f"{data['place']} · {data['host']}"
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


class Delivery(models.Model):
    """One message to one target, with policy, window and local time as they were when it was queued."""

    class Kind(models.TextChoices):
        FIRING = "firing", "Firing"
        ESCALATED = "severity", "Severity rose"
        ACKNOWLEDGED = "acknowledged", "Acknowledged"
        RESOLVED = "resolved", "Resolved"
        REMINDER = "reminder", "Acknowledgment expires"
        EXPIRED = "expired", "Acknowledgment expired"
        FLAPPING = "flapping", "Flapping"
        UPDATED = "updated", "More or fewer alerts of one cause"
        MERGED = "merged", "Told with another alert from now on"
        SUMMARY = "summary", "Daily summary"
        ESCALATION = "escalation", "Escalation"
        HANDED_OVER = "handed_over", "Handed over"
        RESPONDER = "responder", "Responder added"
        CALLED_OFF = "called_off", "Responder called off"
        REPEATED = "repeated", "Repeated"

    class Status(models.TextChoices):
        QUEUED = "queued", "Queued"
        SENDING = "sending", "Sending"
        SENT = "sent", "Sent"
        UNKNOWN = "unknown", "Unknown (lease expired, retried)"
        DEAD = "dead", "Dead letter"
        OVERTAKEN = "overtaken", "Not sent: overtaken by a later change"
        FOR_SUMMARY = "held", "Waits for the daily summary"
        IN_SUMMARY = "summarized", "Told in a daily summary"
        SUPPRESSED = "suppressed", "Held back"
        JOINED = "joined", "Sent in the message of its group"

    alert = models.ForeignKey(
        Alert,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="deliveries",
        help_text="That led its group then; none of a summary.",
    )
    group = models.ForeignKey(
        "detections.AlertGroup", on_delete=models.PROTECT, null=True, blank=True, related_name="deliveries"
    )
    summary = models.ForeignKey(
        "detections.DailySummary",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="deliveries",
        help_text="The daily summary that it is, or in which it was told instead.",
    )
    sequence = models.PositiveIntegerField(help_text="Order within the group.")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    target = models.ForeignKey(Target, on_delete=models.PROTECT, related_name="deliveries")
    policy = models.ForeignKey(
        NotificationPolicy, on_delete=models.SET_NULL, null=True, blank=True, related_name="deliveries"
    )
    fallback_of = models.ForeignKey(
        "self",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        help_text="The dead letter it is for.",
    )
    policy_name = models.CharField(max_length=100)
    group_key = models.CharField(max_length=200, blank=True, help_text="Of a message that waits for its group.")
    carrier = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="carried",
        help_text="Its group's message.",
    )
    window_name = models.CharField(max_length=100, blank=True)
    local_time = models.CharField(max_length=40, blank=True, help_text="Time in the window's zone when it was routed.")
    routing = models.JSONField(default=list, blank=True, help_text="Policies looked at: policy, matched, why.")
    payload = models.JSONField(help_text="Facts of the message (alerts.messages), as they were when it was queued.")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    tries = models.PositiveSmallIntegerField(default=0)
    queued_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    silence = models.ForeignKey(
        Silence, on_delete=models.PROTECT, null=True, blank=True, db_index=False, related_name="deliveries"
    )  # that holds it back, or held it last
    sent_at = models.DateTimeField(null=True, blank=True)
    channel = models.CharField(max_length=10, default="console", help_text="That of the target when it was last tried.")
    receipt = models.JSONField(default=dict, blank=True, help_text="By what its channel refers to the message later.")

    # Not stored: the id of the escalation policy of the notification policy that routed it.
    escalation: int | None = None

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["group", "sequence", "kind", "target"], name="delivery_once"),
            models.UniqueConstraint(
                fields=["summary", "target"], condition=Q(kind="summary"), name="delivery_of_summary_once"
            ),
            models.CheckConstraint(
                condition=Q(kind="summary", alert__isnull=True, group__isnull=True, summary__isnull=False)
                | (~Q(kind="summary") & Q(alert__isnull=False, group__isnull=False)),
                name="delivery_of_alert_or_summary",
            ),
            models.CheckConstraint(
                condition=~Q(status="summarized") | Q(summary__isnull=False), name="delivery_told_in_summary"
            ),
        ]
        indexes = [
            models.Index(fields=["queued_at"], condition=Q(status="held"), name="delivery_for_summary"),
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(status__in=["queued", "sending", "unknown", "suppressed"]),
                name="delivery_due",
            ),
            models.Index(fields=["silence"], condition=Q(status="suppressed"), name="delivery_silenced"),
            models.Index(
                fields=["policy", "target", "group_key", "queued_at"],
                condition=~Q(group_key=""),
                name="delivery_of_group",
            ),
        ]

    def __str__(self) -> str:
        if self.alert_id is None:
            return f"Daily summary {self.summary_id}"
        return f"Message {self.sequence} of alert {self.alert_id}: {self.get_kind_display().lower()}"

    @property
    def shown_only(self) -> bool:
        """Whether it is sent to the console channel: the page shows it, and nothing left the console."""
        return self.status == self.Status.SENT and self.channel == "console"

    @property
    def outcome(self) -> str:
        """The status in words. Load target and summary with it."""
        if self.shown_only:
            return would_be_sent(self.target.intended_channel, self.target.address)
        if self.status == self.Status.FOR_SUMMARY:
            return "No message of its own: kept for the next daily summary"
        if self.status == self.Status.IN_SUMMARY and self.summary:
            return f"No message of its own: it was in the daily summary of {self.summary.day}"
        if self.status == self.Status.SUPPRESSED and self.routing:
            why = str(self.routing[-1]["why"])
            return why[:1].upper() + why[1:]
        if self.status == self.Status.QUEUED and self.group_key and not self.tries:
            return "Waits for others of its group"
        return str(self.get_status_display())


class DeliveryAttempt(models.Model):
    """One attempt to send a delivery."""

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    ok = models.BooleanField()
    response = models.TextField(blank=True, help_text="Status and first bytes, or the error.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="delivery_attempt_number")]

    def __str__(self) -> str:
        return f"Try {self.number}"
