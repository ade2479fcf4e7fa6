"""Messages about alerts, each to one target, and the attempts to send them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from detections.alerts.channels.console import would_be_sent
from detections.alerts.models import Alert
from detections.alerts.routing_models import NotificationPolicy, Target
from detections.probes.models import ProbeRun
from detections.rules.silence_models import Silence


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
        INCIDENT = "incident", "Incident update"
        INCIDENT_DUE = "incident_due", "Something of an incident is due"
        PROBE = "probe", "Checks of a probe"

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
        help_text="That led its group then; none of a summary, an incident or a probe.",
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
    incident = models.ForeignKey(
        "detections.Incident",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="deliveries",
        help_text="Whose update it is, or of which something is due.",
    )
    probe_run = models.ForeignKey(
        ProbeRun,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="deliveries",
        help_text="Whose checks it tells; none any more once the run is deleted.",
    )
    sequence = models.PositiveIntegerField(help_text="Order within the group, or within the incident.")
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
            models.UniqueConstraint(
                fields=["incident", "sequence", "kind", "target"],
                condition=Q(incident__isnull=False),
                name="delivery_of_incident_once",
            ),
            models.UniqueConstraint(fields=["probe_run"], condition=Q(kind="probe"), name="delivery_of_probe_once"),
            models.CheckConstraint(
                condition=Q(
                    kind="summary", alert__isnull=True, group__isnull=True, summary__isnull=False, incident__isnull=True
                )
                | Q(
                    kind__in=["incident", "incident_due"],
                    alert__isnull=True,
                    group__isnull=True,
                    incident__isnull=False,
                )
                | Q(
                    kind="probe",
                    alert__isnull=True,
                    group__isnull=True,
                    summary__isnull=True,
                    incident__isnull=True,
                )
                | (
                    ~Q(kind__in=["summary", "incident", "incident_due", "probe"])
                    & Q(alert__isnull=False, group__isnull=False, incident__isnull=True)
                ),
                name="delivery_of_one_thing",
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
            models.Index(fields=["queued_at"], condition=Q(kind="probe"), name="delivery_of_probe"),
        ]

    def __str__(self) -> str:
        if self.incident_id is not None:
            return f"Message {self.sequence} of INC-{self.incident_id}: {self.get_kind_display().lower()}"
        if self.kind == self.Kind.PROBE:
            return f"Checks of run {self.payload['probe']['run']} of {self.payload['title']}"
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
