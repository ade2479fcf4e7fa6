"""The severities of incidents."""

from __future__ import annotations

import pghistory
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

# An update once a minute to once a month, a postmortem within a day to ten years.
MINUTES = (MinValueValidator(1), MaxValueValidator(43_200))
DAYS = (MinValueValidator(1), MaxValueValidator(3_650))


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class SeverityLevel(models.Model):
    """One of the five severities: what it means here, and what it asks for."""

    severity = models.PositiveSmallIntegerField(primary_key=True, help_text="1 is the worst.")
    meaning = models.CharField(max_length=300, help_text="When an incident is of this severity.")
    update_minutes = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=MINUTES,
        help_text="How often people are told while it is open; empty: no time is proposed.",
    )
    postmortem_days = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=DAYS,
        help_text="Days after resolving until its postmortem is due; empty: none is asked for.",
    )

    class Meta:
        ordering = ["severity"]
        constraints = [
            models.CheckConstraint(condition=Q(severity__gte=1, severity__lte=5), name="severity_level_one_to_five")
        ]

    def __str__(self) -> str:
        return f"SEV-{self.severity}"
