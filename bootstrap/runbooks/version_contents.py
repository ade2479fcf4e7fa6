"""What a version of a runbook contains besides its checklists: policies, incidents, references. Immutable."""

from __future__ import annotations

import re

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.urls import reverse

from bootstrap.runbooks.models import RunbookVersion
from opsconsole.lib.db.triggers import immutable

# A year or a date of numbers: `12 May 2026`, `3/4/26`; in Python as in PostgreSQL.
A_DATE = r"(19|20)\d\d|\d{1,2}[./-]\d{1,2}[./-]\d\d"


class Policy(models.Model):
    """A rule that a runbook sets, with its reasons."""

    version = models.ForeignKey(RunbookVersion, on_delete=models.PROTECT, related_name="policies")
    order = models.PositiveIntegerField()
    slug = models.SlugField(max_length=100, allow_unicode=True)
    title = models.CharField(max_length=300)
    text = models.TextField(help_text="Markdown, without its incidents and its review checklist.")
    checklist_slug = models.CharField(max_length=150, blank=True, help_text="Of the checklist that reviews by it.")
    line = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["version", "order"]
        constraints = [models.UniqueConstraint(fields=["version", "slug"], name="policy_slug_per_version")]
        triggers = [immutable()]
        verbose_name_plural = "policies"

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("policy", args=[self.slug])


class PolicyTable(models.Model):
    """A table of a policy: a matrix of what belongs together, or examples, whose cells are code only."""

    class Kind(models.TextChoices):
        MATRIX = "matrix", "Matrix"
        EXAMPLES = "examples", "Examples"

    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="tables")
    order = models.PositiveIntegerField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    header = models.JSONField(help_text="Names of the columns, markdown.")
    rows = models.JSONField(help_text="[[cell, …], …], markdown, as many cells as the header.")
    line = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["policy", "order"]
        constraints = [models.UniqueConstraint(fields=["policy", "order"], name="policy_table_order")]
        triggers = [immutable()]

    def __str__(self) -> str:
        return " | ".join(self.header)


class PolicyExample(models.Model):
    """A block of code in a policy."""

    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="examples")
    order = models.PositiveIntegerField()
    language = models.CharField(max_length=40, blank=True)
    code = models.TextField()
    line = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["policy", "order"]
        constraints = [models.UniqueConstraint(fields=["policy", "order"], name="policy_example_order")]
        triggers = [immutable()]

    def __str__(self) -> str:
        return f"{self.policy}, example {self.order}"


class IncidentText(models.Model):
    """An incident as a runbook describes it. `date` is None where the text has none, and the first of a given month."""

    class Precision(models.TextChoices):
        DAY = "day", "Day"
        MONTH = "month", "Month"
        NONE = "", "No date"

    version = models.ForeignKey(RunbookVersion, on_delete=models.PROTECT, related_name="incidents")
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, null=True, blank=True, related_name="incidents")
    order = models.PositiveIntegerField()
    title = models.CharField(max_length=300)
    date_text = models.CharField(max_length=100, blank=True)
    date = models.DateField(null=True, blank=True)
    precision = models.CharField(max_length=5, choices=Precision.choices, blank=True)
    references = ArrayField(models.CharField(max_length=200), default=list, blank=True, help_text="PR #2728, …")
    failure = models.TextField(blank=True, help_text="What went wrong, or the class of bug.")
    bug_class = models.CharField(max_length=200, blank=True, help_text="Where the text names one, in short.")
    line = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["version", "order"]
        constraints = [models.UniqueConstraint(fields=["version", "order"], name="incident_text_order")]
        triggers = [immutable()]
        verbose_name = "incident of a runbook"
        verbose_name_plural = "incidents of runbooks"

    def __str__(self) -> str:
        return self.title

    @property
    def happened(self) -> bool:
        """Whether it is one incident rather than a kind of incidents: it has a date or a reference."""
        return bool(self.references) or re.search(A_DATE, self.date_text) is not None


class CrossReference(models.Model):
    """A reference of a runbook to another text."""

    version = models.ForeignKey(RunbookVersion, on_delete=models.PROTECT, related_name="references")
    order = models.PositiveIntegerField()
    title = models.CharField(max_length=300)
    target = models.CharField(max_length=500, help_text="A path or an address, as the text gives it.")
    line = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["version", "order"]
        constraints = [models.UniqueConstraint(fields=["version", "order"], name="cross_reference_order")]
        triggers = [immutable()]

    def __str__(self) -> str:
        return self.title
