"""Rule, version, scope, slot, evaluation, evidence, verdict, baseline."""

from __future__ import annotations

from datetime import datetime

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.utils.functional import cached_property

from detections.rules.selection_trigger import keep_selection
from detections.rules.spec.schema import RuleSpec, decode_stored
from detections.rules.spec.selector import CONFIG, CONSOLE
from detections.telemetry.models import ProjectEnvironment, Series
from opsconsole.accounts.models import ACTOR_LENGTH
from opsconsole.lib.db.triggers import immutable, no_truncate

SOURCES = [*Series.Source.choices, (CONFIG, "Configuration reports"), (CONSOLE, "This console itself")]


class Severity(models.IntegerChoices):
    """Ordered, so that a rise can be seen by comparing."""

    MEDIUM = 1, "Medium"
    HIGH = 2, "High"
    CRITICAL = 3, "Critical"


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Rule(models.Model):
    """A detection. Its content is in its versions; that it is dormant is derived from prerequisites, not stored."""

    class Mode(models.TextChoices):
        DRAFT = "draft", "Draft"
        SHADOW = "shadow", "Shadow"
        ACTIVE = "active", "Active"
        RETIRED = "retired", "Retired"

    identifier = models.CharField(max_length=40, unique=True, help_text="e.g. DET-BETA-003")
    title = models.CharField(max_length=200)
    category = models.CharField(max_length=40, blank=True)
    owner = models.CharField(max_length=100, blank=True, help_text="Who keeps it right.")
    mode = models.CharField(max_length=8, choices=Mode.choices, default=Mode.DRAFT)
    current = models.ForeignKey("RuleVersion", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    # Not stored: the end of its last mute where `silence_models.with_mutes` read the rule.
    muted_until: datetime | None = None

    class Meta:
        ordering = ["identifier"]
        triggers = [keep_selection()]

    def __str__(self) -> str:
        return self.identifier


class RuleVersion(models.Model):
    """One version of a rule's content, immutable. `spec` is a `rules.spec.schema.RuleSpec` as JSON."""

    rule = models.ForeignKey(Rule, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    spec = models.JSONField()
    content_hash = models.CharField(max_length=64, help_text="SHA-256 of the canonical JSON of spec.")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)
    author_name = models.CharField(
        max_length=ACTOR_LENGTH, blank=True, help_text="Where no user: pack import, first start."
    )
    reason = models.TextField(blank=True, help_text="Why it was changed; required where a guardrail asks for it.")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["rule", "-number"]
        constraints = [models.UniqueConstraint(fields=["rule", "number"], name="rule_version_number")]
        triggers = [immutable(), no_truncate()]

    def __str__(self) -> str:
        return f"{self.rule.identifier} v{self.number}"

    @cached_property
    def decoded(self) -> RuleSpec:
        """`spec` as it is judged by; decoded once, as a version never changes. Raises SpecError."""
        return decode_stored(self.spec)


class FixtureRun(models.Model):
    """A run of a version's fixtures; a rule is validated by the newest passing run of its current version."""

    version = models.ForeignKey(RuleVersion, on_delete=models.CASCADE, related_name="fixture_runs")
    at = models.DateTimeField()
    passed = models.BooleanField()
    results = models.JSONField(help_text="Per fixture: name, expected, got.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)


class Scope(models.Model):
    """A rule, project environment and group key: what is judged, and has at most one open alert."""

    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="scopes")
    project_environment = models.ForeignKey(ProjectEnvironment, on_delete=models.CASCADE, related_name="scopes")
    group_key = models.CharField(max_length=300, blank=True, help_text="Route prefix or route; empty: no grouping.")
    created_at = models.DateTimeField()
    # From its first firing until this slot every slot gets a verdict, also a clear one, so that the alert can end.
    settling_until = models.DateTimeField(null=True, blank=True)
    settling_since = models.DateTimeField(null=True, blank=True, editable=False)
    # Cells are made for all hours before it; an hour without a cell had no events. Null: none are made yet.
    cells_until = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rule", "project_environment", "group_key"], name="scope_identity")
        ]

    def __str__(self) -> str:
        return f"{self.rule} on {self.group_key or 'everything'} in {self.project_environment}"


class Slot(models.Model):
    """The end of a minute, at which all rules are judged. Claimed with SKIP LOCKED, because beat may run twice."""

    class Status(models.TextChoices):
        DUE = "due", "Due"
        DONE = "done", "Done"
        SKIPPED = "skipped", "Skipped (older than 24 h)"

    slot_end = models.DateTimeField(unique=True)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.DUE)
    evaluated_at = models.DateTimeField(null=True, blank=True)
    scopes = models.PositiveIntegerField(default=0, help_text="How many scopes were judged.")

    class Meta:
        indexes = [models.Index(fields=["status", "slot_end"], name="slot_status")]


class Evidence(models.Model):
    """The immutable record behind a firing (`rules.evidence`); its figures can be recomputed from it."""

    scope = models.ForeignKey(Scope, on_delete=models.CASCADE, related_name="evidence_set")
    version = models.ForeignKey(RuleVersion, on_delete=models.PROTECT, related_name="+")
    slot_end = models.DateTimeField()
    data = models.JSONField()
    sentence = models.TextField(help_text="The evidence in one sentence.")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "evidence"
        triggers = [pgtrigger.Protect(name="immutable", operation=pgtrigger.Update)]


class Evaluation(models.Model):
    """The outcome of one scope at one slot and revision. Sparse: a done slot without a row was clear."""

    class Outcome(models.TextChoices):
        FIRING = "firing", "Firing"
        CLEAR = "clear", "Clear"
        NO_DATA = "no_data", "No data"
        ERROR = "error", "Error"

    scope = models.ForeignKey(Scope, on_delete=models.CASCADE, related_name="evaluations")
    slot_end = models.DateTimeField()
    revision = models.PositiveIntegerField(default=0)
    version = models.ForeignKey(RuleVersion, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    severity = models.PositiveSmallIntegerField(choices=Severity.choices, null=True)
    source = models.CharField(max_length=10, choices=SOURCES, blank=True)
    count = models.PositiveIntegerField(null=True, help_text="Events in the window; null where it counts none.")
    limit = models.PositiveIntegerField(null=True, help_text="The least count that would fire.")
    shadow = models.BooleanField(default=False, help_text="Judged while the rule was dormant or in shadow.")
    late = models.BooleanField(default=False)
    detail = models.CharField(max_length=300, blank=True, help_text="Why no data, or the error.")
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, null=True, related_name="evaluations")
    evaluated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "slot_end", "revision"], name="evaluation_once")]
        indexes = [models.Index(fields=["-slot_end"], name="evaluation_slot_end")]

    @property
    def seen_at(self) -> datetime:
        """The slot's end, or the time of the evaluation where that is earlier (judged on arrival)."""
        return min(self.slot_end, self.evaluated_at)


class Verdict(models.Model):
    """An evaluation that alerts have to apply, written in its transaction. Alerts consume verdicts in order of id."""

    evaluation = models.OneToOneField(Evaluation, on_delete=models.CASCADE, related_name="verdict")
    scope = models.ForeignKey(Scope, on_delete=models.CASCADE, related_name="verdicts")
    created_at = models.DateTimeField()
    consumed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["id"], condition=models.Q(consumed_at__isnull=True), name="verdict_unconsumed")]


class BaselineCell(models.Model):
    """One hour of a scope: the covered windows that end in it (one a minute), their sum and sum of squares. Sparse."""

    scope = models.ForeignKey(Scope, on_delete=models.CASCADE, related_name="cells")
    source = models.CharField(max_length=10, choices=Series.Source.choices)
    window_minutes = models.PositiveSmallIntegerField()
    hour = models.DateTimeField()
    windows = models.PositiveSmallIntegerField(
        help_text="Covered windows; missing ones are missing exposure, not zero."
    )
    total = models.PositiveIntegerField(help_text="Sum of the windows' counts.")
    squares = models.PositiveBigIntegerField(help_text="Sum of the squares of the windows' counts.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scope", "source", "window_minutes", "hour"], name="baseline_cell_once")
        ]


class Baseline(models.Model):
    """The estimate for the windows of one hour; stored, so that charts and backtests use what evaluations used."""

    scope = models.ForeignKey(Scope, on_delete=models.CASCADE, related_name="baselines")
    source = models.CharField(max_length=10, choices=Series.Source.choices)
    hour = models.DateTimeField(help_text="Hour of the windows it applies to.")
    version = models.ForeignKey(RuleVersion, on_delete=models.PROTECT, related_name="+")
    established = models.BooleanField(help_text="At least 169 hours since first coverage and 120 covered of 168.")
    mean = models.FloatField(null=True, help_text="Expected count of a window.")
    limit = models.PositiveIntegerField(null=True, help_text="The least count of a window that exceeds it.")
    covered_hours = models.FloatField(default=0)
    data = models.JSONField(help_text="S, T, f, phi, phi_p, hours observed, missing, excluded, down-weighted.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "source", "hour"], name="baseline_once")]
        indexes = [models.Index(fields=["hour"], name="baseline_hour")]  # which scopes lack the running hour


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Exclusion(models.Model):
    """An interval that baselines leave out: an incident, a deploy."""

    project_environment = models.ForeignKey(ProjectEnvironment, on_delete=models.CASCADE, related_name="exclusions")
    start = models.DateTimeField()
    end = models.DateTimeField()
    reason = models.CharField(max_length=300)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(end__gt=models.F("start")), name="exclusion_ends_after_start")
        ]
