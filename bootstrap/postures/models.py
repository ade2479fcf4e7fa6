"""A posture and its history."""

from __future__ import annotations

import pghistory
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from bootstrap.runbooks.models import RunbookVersion
from bootstrap.systems.models import ConfigVar, Deployment
from bootstrap.systems.value_rules import conditions


def readable(text: str) -> None:
    """Validate a guard: one that cannot be parsed would never lapse. Migrations refer to this name."""
    try:
        conditions.parse(text)
    except conditions.ConditionError as error:
        raise ValidationError(f"{error}.") from None


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Posture(models.Model):
    """An accepted deviation: a variable that a deployment goes without on purpose while `guard` is true.

    Its author proposes it; it is in force once another person approved it, until it is ended or lapses
    (`status.posture_status`). Names are stored besides accounts, as the author of a runbook has no account.
    """

    class Severity(models.TextChoices):
        CRITICAL = "critical", "Critical"
        WARNING = "warning", "Warning"
        INFO = "info", "Info"

    deployment = models.ForeignKey(Deployment, on_delete=models.PROTECT, related_name="postures")
    variable = models.ForeignKey(ConfigVar, on_delete=models.PROTECT, related_name="postures")
    severity = models.CharField(
        max_length=8,
        choices=Severity.choices,
        default=Severity.WARNING,
        help_text="Of a missing value while the posture stands.",
    )
    instead_of = models.CharField(
        max_length=8,
        choices=Severity.choices,
        default=Severity.CRITICAL,
        help_text="Of a missing value once it has lapsed.",
    )
    reason = models.TextField(help_text="Why it is safe to go without. Markdown.")
    guard = models.CharField(
        max_length=conditions.LONGEST,
        validators=[readable],
        help_text="While this holds, e.g. FLAG_DEMO_SESSION=0 and workers=1.",
    )
    activation_command = models.TextField(blank=True, help_text="What brings the variable, once it is wanted.")
    source = models.ForeignKey(RunbookVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="postures")
    source_line = models.PositiveIntegerField(null=True, blank=True)
    decided_on = models.DateField(null=True, blank=True, help_text="The date that the runbook gives.")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="postures_proposed"
    )
    author_name = models.CharField(max_length=150)
    created_at = models.DateTimeField()
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="postures_approved"
    )
    approver_name = models.CharField(max_length=150, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    review_by = models.DateField(help_text="After this day it lapses, unless somebody reviewed it.")
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="postures_reviewed"
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="postures_ended"
    )
    end_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(approver__isnull=True) | Q(author__isnull=True) | ~Q(approver=F("author")),
                name="posture_of_two_people",
            ),
            models.CheckConstraint(
                condition=Q(approved_at__isnull=True, approver_name="")
                | (Q(approved_at__isnull=False) & ~Q(approver_name="")),
                name="posture_approval_whole",
            ),
            models.UniqueConstraint(
                fields=["deployment", "variable"],
                condition=Q(approved_at__isnull=False, ended_at__isnull=True),
                name="one_posture_in_force",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deployment} without {self.variable}"

    def get_absolute_url(self) -> str:
        return reverse("posture", args=[self.pk])
