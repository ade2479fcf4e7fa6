"""Routing as rows that the admin edits: time windows, targets and the tree of notification policies."""

from __future__ import annotations

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models

from detections.alerts.channels.registry import channel_choices
from detections.alerts.triggers import LAST_POLICY_CATCHES_ALL
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

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["channel"], condition=models.Q(origin="environment"), name="target_of_environment"
            ),
            models.UniqueConstraint(
                fields=["fallback"],
                condition=models.Q(fallback=True),
                name="target_fallback",
                violation_error_message="Another target is the fallback: take that from it first.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def from_environment(self) -> bool:
        return self.origin == self.Origin.ENVIRONMENT


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
        IMMEDIATE = "immediate", "Per event, at once"
        SUMMARY = "summary", "Daily summary"

    order = models.PositiveIntegerField(unique=True)
    name = models.CharField(max_length=100, unique=True)
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="children")
    matchers = models.JSONField(
        default=dict,
        blank=True,
        help_text='e.g. {"category": ["beta"], "severity": ["critical"]}; keys: '
        "rule, category, severity, project, environment. Empty: all.",
    )
    window = models.ForeignKey(TimeWindow, on_delete=models.PROTECT, null=True, blank=True, help_text="Empty: always.")
    outside_window = models.BooleanField(default=False, help_text="Match outside the window instead.")
    targets = models.ManyToManyField(Target, blank=True, related_name="policies")
    delivery = models.CharField(max_length=10, choices=Delivery.choices, default=Delivery.IMMEDIATE)
    continue_matching = models.BooleanField(default=False)

    class Meta:
        ordering = ["order"]
        verbose_name_plural = "notification policies"
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
