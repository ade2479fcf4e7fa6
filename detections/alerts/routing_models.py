"""Routing as rows that the admin edits: time windows, targets and the tree of notification policies; and the groups of
messages."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from detections.alerts.channels.console import channel_name
from detections.alerts.channels.registry import channel_choices
from detections.alerts.triggers import LAST_POLICY_CATCHES_ALL
from detections.probes.models import ProbeTarget
from opsconsole.lib.db.sealed_field import SealedField

SECRET_PURPOSE = "target"  # noqa: S105 - what the secrets of targets are sealed for


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class TimeWindow(models.Model):
    """Hours of the week in one time zone, half-open; an overnight window belongs to the weekday on which it starts."""

    name = models.CharField(max_length=100, unique=True)
    zone = models.CharField(max_length=64, default="America/New_York", help_text="IANA zone.")
    weekdays = ArrayField(models.PositiveSmallIntegerField(), help_text="0 Monday … 6 Sunday, comma-separated.")
    start = models.CharField(max_length=5, help_text="HH:MM, included.")
    end = models.CharField(max_length=5, help_text="HH:MM, not included; 24:00 allowed.")
    holidays = ArrayField(models.DateField(), default=list, blank=True, help_text="Dates on which it never matches.")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


# Secrets are not kept in the history, where they could neither be removed nor sealed anew.
@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent(), exclude=["secret"])
class Target(models.Model):
    """Where messages go: a channel and an address. The console channel shows what would have been sent."""

    class Origin(models.TextChoices):
        PERSON = "", "A person"
        ENVIRONMENT = "environment", "The environment, at the start"

    name = models.CharField(max_length=100, unique=True)
    channel = models.CharField(max_length=10, choices=channel_choices, default="console")
    intended_channel = models.CharField(max_length=20, blank=True, help_text="Channel meant, e.g. slack or email.")
    address = models.CharField(max_length=200, help_text="e.g. #raxx-ops-alert-sev1 or ops@example.org")
    enabled = models.BooleanField(default=True)
    settings = models.JSONField(default=dict, blank=True, help_text="Values of the channel's fields, by name.")
    secret = SealedField(purpose=SECRET_PURPOSE, blank=True, help_text="The secret ones as JSON, sealed.")
    secret_set_at = models.DateTimeField(null=True, blank=True, editable=False)
    fallback = models.BooleanField(
        default=False,
        help_text="Gets the messages that another target did not take. One target is; while none is, those of the last "
        "policy get them.",
    )
    origin = models.CharField(
        max_length=11, blank=True, choices=Origin.choices, default=Origin.PERSON, help_text="Who made it."
    )
    probe_target = models.OneToOneField(
        ProbeTarget,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="webhook",
        help_text="The probe target whose webhook it is, from which it has its address and its token.",
    )

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["channel"], condition=Q(origin="environment"), name="target_of_environment"
            ),
            models.UniqueConstraint(
                fields=["fallback"],
                condition=Q(fallback=True),
                name="target_fallback",
                violation_error_message="Another target is the fallback: take that from it first.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def from_environment(self) -> bool:
        return self.origin == self.Origin.ENVIRONMENT

    @property
    def is_kept(self) -> bool:
        """Whether the console keeps it as something else says, the environment or a probe target: nobody edits it."""
        return self.from_environment or self.probe_target_id is not None

    @property
    def service_name(self) -> str:
        """The service that it sends to, or is meant for: `PagerDuty`."""
        return channel_name(self.intended_channel if self.channel == "console" else self.channel)


class TargetResult(models.Model):
    """What the last attempts to reach a target gave."""

    target = models.OneToOneField(Target, on_delete=models.CASCADE, related_name="result")
    last_success_at = models.DateTimeField(null=True, blank=True)
    last_error_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"Last result of {self.target}"


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class NotificationPolicy(models.Model):
    """One policy of the routing tree: alerts that its matchers and time window match go to its targets."""

    class Delivery(models.TextChoices):
        IMMEDIATE = "immediate", "Messages"
        SUMMARY = "summary", "Daily summary"

    order = models.PositiveIntegerField(unique=True)
    name = models.CharField(max_length=100, unique=True)
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="children")
    matchers = models.JSONField(
        default=dict,
        blank=True,
        help_text='e.g. {"category": ["beta"], "label:team": ["solver"]}; keys: rule, category, severity, project, '
        "environment, group, label:NAME. Empty: all.",
    )
    window = models.ForeignKey(TimeWindow, on_delete=models.PROTECT, null=True, blank=True, help_text="Empty: always.")
    outside_window = models.BooleanField(default=False, help_text="Match outside the window instead.")
    targets = models.ManyToManyField(Target, blank=True, related_name="policies")
    delivery = models.CharField(max_length=10, choices=Delivery.choices, default=Delivery.IMMEDIATE)
    continue_matching = models.BooleanField(default=False)
    escalation = models.ForeignKey(
        "detections.EscalationPolicy",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="notification_policies",
        help_text="Whom to tell, step by step, while nobody acknowledges. Empty: nobody else.",
    )
    tags = ArrayField(models.CharField(max_length=50), default=list, blank=True, help_text="Given to its alerts.")
    group_by = ArrayField(
        models.CharField(max_length=200),
        default=list,
        blank=True,
        help_text="Keys whose values alerts of a group share.",
    )
    group_wait = models.DurationField(null=True, blank=True, help_text="Of a group's first message; empty: no groups.")
    group_interval = models.DurationField(null=True, blank=True, help_text="Least time between messages of a group.")
    repeat_interval = models.DurationField(null=True, blank=True, help_text="While unacknowledged; empty: never.")
    mute_windows = models.ManyToManyField(
        TimeWindow, blank=True, related_name="muted_policies", help_text="In which it sends nothing."
    )
    mute_critical = models.BooleanField(default=False, help_text="Holds critical messages too.")

    class Meta:
        ordering = ["order"]
        verbose_name_plural = "notification policies"
        constraints = [
            models.CheckConstraint(
                condition=Q(group_wait__isnull=True, group_interval__isnull=True, group_by=[])
                | Q(group_wait__gt=timedelta(0), group_interval__gt=timedelta(0)),
                name="policy_groups_with_wait_and_interval",
            ),
            models.CheckConstraint(
                condition=Q(repeat_interval__isnull=True) | Q(repeat_interval__gt=timedelta(0)),
                name="policy_repeats_later",
            ),
        ]
        triggers = [
            # Deferred to the end of the transaction, so that policies can be exchanged in any order.
            pgtrigger.Trigger(
                name="last_catches_all",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                timing=pgtrigger.Deferred,
                func=LAST_POLICY_CATCHES_ALL,
            )
        ]

    def __str__(self) -> str:
        return self.name


class MessageGroup(models.Model):
    """The messages of a policy to a target about alerts with equal values of the policy's keys."""

    policy = models.ForeignKey(NotificationPolicy, on_delete=models.CASCADE, related_name="message_groups")
    target = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="message_groups")
    key = models.CharField(max_length=200, help_text="Of those values (routing.timing.group_key).")
    dedup_key = models.UUIDField(default=uuid4, help_text="Of its messages until all of its alerts are over.")
    since = models.DateTimeField(null=True, blank=True, help_text="When the first of these was queued.")
    last_at = models.DateTimeField(null=True, blank=True, help_text="When its last message was given to its channel.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["policy", "target", "key"], name="message_group")]

    def __str__(self) -> str:
        return f"{self.key or 'everything'} by {self.policy} to {self.target}"
