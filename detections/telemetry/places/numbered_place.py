"""The numbers seen at places of paths, by which small ones are told from ids (`numbers.py`)."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from detections.telemetry.models import Project

LENGTH = 310  # of a route, with placeholders in place of numbers


class NumberedPlace(models.Model):
    """A place of a project's paths at which a small number was seen, with the first `learn.LEARNED` different numbers.

    `learned_at`: since when the numbers there are ids. `linked_at`: when series were last linked (`link.py`).
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    pattern = models.CharField(max_length=LENGTH, help_text="The path with {id} at the place and # at other numbers.")
    numbers = ArrayField(models.IntegerField(), default=list, blank=True)
    seen_at = models.DateTimeField(help_text="Receipt of the last new number; renewed daily once learned.")
    learned_at = models.DateTimeField(null=True, blank=True)
    linked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "pattern"], name="numbered_place_once")]

    def __str__(self) -> str:
        return self.pattern
