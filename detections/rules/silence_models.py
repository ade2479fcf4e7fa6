"""Silences: they keep the messages of alerts back for a time. Alerts match them (`alerts.silences`); the table is here
because a rule is muted exactly while a silence of its own is in force, and rules read that."""

from __future__ import annotations

from datetime import datetime

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from detections.rules.models import Rule
from opsconsole.accounts.models import ACTOR_LENGTH

REASON_LENGTH = 300


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Silence(models.Model):
    """Messages of the alerts that all `matchers` match wait in [starts_at, ends_at), of a recurring one only within its
    weekly hours. Never deleted: who ends it early moves the end to that moment."""

    matchers = models.JSONField(
        default=dict, blank=True, help_text="As those of notification policies; {} matches all."
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(help_text="Not included; of one that was ended early the time of that.")
    # Hours of the week, as those of a TimeWindow; none: the whole time.
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    window_start = models.CharField(max_length=5, blank=True)
    window_end = models.CharField(max_length=5, blank=True)
    zone = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=REASON_LENGTH)
    rule = models.ForeignKey(
        Rule, on_delete=models.PROTECT, null=True, blank=True, related_name="mutes", help_text="The rule that it mutes."
    )
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_by_name = models.CharField(max_length=ACTOR_LENGTH, blank=True, help_text="Empty: the console itself.")
    ended_at = models.DateTimeField(null=True, blank=True, help_text="When somebody ended it early.")
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    ended_by_name = models.CharField(max_length=ACTOR_LENGTH, blank=True)
    revision = models.PositiveIntegerField(default=0, help_text="Compare-and-set: a change names the one it saw.")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gte=F("starts_at")), name="silence_ends_after_its_start"),
            models.CheckConstraint(condition=~Q(reason=""), name="silence_has_a_reason"),
        ]
        indexes = [
            models.Index(fields=["-ends_at", "-id"], name="silence_ends_at"),
            models.Index(fields=["rule", "-ends_at"], condition=Q(rule__isnull=False), name="silence_of_rule"),
        ]

    def __str__(self) -> str:
        return f"silence {self.pk} ({self.reason})"

    @property
    def recurring(self) -> bool:
        return bool(self.weekdays)

    def status(self, now: datetime) -> str:
        """`planned`, `active` or `ended`. A recurring one is active between its hours too."""
        if self.ends_at <= now:
            return "ended"
        return "planned" if self.starts_at > now else "active"


def with_mutes(rules: QuerySet[Rule]) -> QuerySet[Rule]:
    """The rules with `muted_until`: the end of their last mute, which may have passed; None where there was none."""
    mutes = Silence.objects.filter(rule=OuterRef("pk")).order_by("-ends_at")
    return rules.annotate(muted_until=Subquery(mutes.values("ends_at")[:1]))  # type: ignore[no-redef]
