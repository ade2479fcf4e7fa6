"""Probes as rows: targets with their invariants, runs with samples and checks, and who froze a rollout."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from bootstrap.checklists.models import Run
from detections.probes.addresses import webhook_host
from detections.probes.program import probe
from detections.telemetry.models import ProjectEnvironment
from opsconsole.accounts.models import ACTOR_LENGTH
from opsconsole.lib.db.sealed_field import SealedField
from opsconsole.lib.db.triggers import append_only, no_truncate

SECRET_PURPOSE = "probe"  # noqa: S105 - what the secrets of probe targets are sealed for
KINDS = tuple(probe.KINDS)
_NUMBERS = probe.NUMBERS


def _number(name: str, help_text: str) -> models.PositiveIntegerField[int, int]:
    """A number of the probe with its default and its range."""
    bounds = _NUMBERS[name]
    return models.PositiveIntegerField(
        default=bounds.default,
        validators=[MinValueValidator(bounds.least), MaxValueValidator(bounds.most)],
        help_text=f"{help_text} {bounds.least} to {bounds.most}{bounds.unit}.",
    )


# Secrets are not kept in the history, where they could neither be removed nor sealed anew.
@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent(), exclude=["secret"])
class ProbeTarget(models.Model):
    """What is probed, how often, and whose alerts follow. Fields are those of a target's file (docs/probes.md)."""

    class Connection(models.TextChoices):
        REUSE = "reuse", "Kept between samples"
        FRESH = "fresh", "A fresh one for each sample"

    # How the admin's history quotes what may hold tokens.
    history_words: ClassVar[dict[str, Callable[[str], str]]] = {
        "endpoint": probe.without_secrets,
        "webhook_url": webhook_host,
    }

    slug = models.SlugField(max_length=60, unique=True, help_text="Names it in addresses, alerts and the gate.")
    name = models.CharField(
        max_length=60, unique=True, help_text="1 to 60 letters, digits, blanks, _ and -; reports are named after it."
    )
    project_environment = models.ForeignKey(
        ProjectEnvironment,
        on_delete=models.PROTECT,
        related_name="probe_targets",
        help_text="The environment of a project whose alerts its checks raise.",
    )
    enabled = models.BooleanField(default=True, help_text="Whether it is probed by itself, at its interval.")
    interval_minutes = models.PositiveIntegerField(
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(1440)],
        help_text="Minutes between the starts of runs, 1 to 1440.",
    )
    base = models.CharField(max_length=500, help_text="e.g. https://api.example.com")
    endpoint = models.CharField(max_length=1000, default="/", help_text="A path, e.g. /v1/chat")
    method = models.CharField(max_length=7, default="GET", choices=[(each, each) for each in probe.METHODS])
    headers = models.JSONField(
        default=dict, blank=True, help_text="By name; {session_id}, {user_id} and {sample} are fresh for each sample."
    )
    secret = SealedField(
        purpose=SECRET_PURPOSE, blank=True, help_text="Secret headers and the webhook's token as JSON, sealed."
    )
    body = models.JSONField(null=True, blank=True, help_text="A text or JSON; with the same names in braces.")
    debug_headers = models.JSONField(default=dict, blank=True, help_text="Sent besides by runs with policy debug.")
    policy_debug = models.BooleanField(default=False, help_text="Send them, and keep each answer's meta in the rows.")
    expect_json = models.BooleanField(default=True)
    ok_statuses = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True, help_text="Empty: 200.")
    connection = models.CharField(max_length=5, choices=Connection.choices, default=Connection.REUSE)
    split = models.JSONField(
        null=True, blank=True, help_text='{"header": "x-variant", "variants": {"control": 0.9, "canary": 0.1}}'
    )
    samples = _number("samples", "Samples of a run.")
    concurrency = _number("concurrency", "Samples under way at a time.")
    timeout_ms = _number("timeout_ms", "Time of one attempt.")
    retry_count = _number("retry_count", "Further attempts of a request that failed.")
    retry_backoff_ms = _number("retry_backoff_ms", "Wait before one.")
    window_minutes = _number("window_minutes", "Two failing runs within it are elevated failures.")
    webhook_url = models.CharField(max_length=500, blank=True, help_text="Is told of warn and high checks.")
    allow = ArrayField(
        models.CharField(max_length=50),
        default=list,
        blank=True,
        help_text="Internal addresses or networks that it may reach, of those that OPSCONSOLE_OUTBOUND_ALLOW names.",
    )
    allowed_by_name = models.CharField(max_length=ACTOR_LENGTH, blank=True, editable=False)
    allowed_at = models.DateTimeField(null=True, blank=True, editable=False)
    opens_checklist = models.SlugField(
        max_length=200, blank=True, help_text="The checklist that a high check opens; empty: none."
    )
    created_at = models.DateTimeField(editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(interval_minutes__gte=1, interval_minutes__lte=1440), name="probe_target_interval"
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{name}__gte": bounds.least, f"{name}__lte": bounds.most}),
                    name=f"probe_target_{name}",
                )
                for name, bounds in _NUMBERS.items()
            ),
        ]

    def __str__(self) -> str:
        return self.name


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class ProbeInvariant(models.Model):
    """What must hold of each answer, or of a run. `fields` are those of its kind (docs/probes.md)."""

    class Severity(models.TextChoices):
        INFO = "info", "Info"
        WARN = "warn", "Warn"
        HIGH = "high", "High"

    target = models.ForeignKey(ProbeTarget, on_delete=models.CASCADE, related_name="invariants")
    order = models.PositiveSmallIntegerField(default=0)
    kind = models.CharField(max_length=20, choices=[(each, each.replace("_", " ")) for each in KINDS])
    check_id = models.CharField(max_length=60, blank=True, help_text="The check that it feeds; empty: its kind's own.")
    severity = models.CharField(max_length=4, choices=Severity.choices, blank=True, help_text="Empty: its kind's own.")
    fields = models.JSONField(default=dict, blank=True, help_text='e.g. {"path": "status", "operator": "exists"}')

    class Meta:
        ordering = ["target", "order", "pk"]

    def __str__(self) -> str:
        """In the probe's words, which histories quote."""
        try:
            return str(probe.read_invariant(self.as_json(), "it").describe())
        except probe.ProbeError:  # its form refuses these
            return self.get_kind_display()

    def as_json(self) -> dict[str, object]:
        """The row of the target's file."""
        named = {"check": self.check_id, "severity": self.severity}
        return {"kind": self.kind, **self.fields, **{name: value for name, value in named.items() if value}}


class ProbeRun(models.Model):
    """One run of a target: waits, runs, then is done, interrupted (its process died) or refused (no sample was sent).

    Only a run that is done counts for checks over several runs, alerts and the gate.
    """

    class Trigger(models.TextChoices):
        SCHEDULE = "schedule", "Schedule"
        PERSON = "person", "A person"

    class State(models.TextChoices):
        QUEUED = "queued", "Waits"
        RUNNING = "running", "Runs"
        DONE = "done", "Done"
        INTERRUPTED = "interrupted", "Interrupted"
        REFUSED = "refused", "Could not run"

    OPEN = (State.QUEUED, State.RUNNING)

    # Other indexes begin with it.
    target = models.ForeignKey(ProbeTarget, on_delete=models.CASCADE, related_name="runs", db_index=False)
    slot = models.DateTimeField(null=True, blank=True, help_text="The start of its interval; none: a person's run.")
    trigger = models.CharField(max_length=8, choices=Trigger.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    actor_name = models.CharField(max_length=ACTOR_LENGTH, blank=True, help_text="Empty: the schedule.")
    state = models.CharField(max_length=11, choices=State.choices, default=State.QUEUED)
    queued_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True, help_text="When its process last said that it lives.")
    finished_at = models.DateTimeField(null=True, blank=True)
    claim = models.UUIDField(null=True, blank=True, help_text="Of the process that runs it: only that one writes.")
    wanted = models.PositiveIntegerField(help_text="Samples to take.")
    taken = models.PositiveIntegerField(default=0, help_text="Samples taken so far.")
    problem = models.TextField(blank=True, help_text="Why it could not run or was interrupted.")
    # Filled in when it is done.
    severity = models.CharField(max_length=4, blank=True, help_text="The highest of its triggered checks; empty: none.")
    failing = models.BooleanField(default=False, help_text="Samples ended without an answer that could be judged.")
    p50_ms = models.FloatField(null=True, blank=True, help_text="Median latency; none where nothing could be judged.")
    p95_ms = models.FloatField(null=True, blank=True, help_text="95th percentile of the latency.")
    split_key = models.TextField(blank=True, help_text="Runs with the same one are pooled.")
    variants = models.JSONField(default=dict, help_text="Answers by variant.")
    report = models.JSONField(null=True, blank=True, help_text="The JSON report, without its rows.")
    markdown = models.TextField(blank=True, help_text="The report to be read.")
    checklist_run = models.ForeignKey(
        Run, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", help_text="That a high check opened."
    )
    checklist_note = models.TextField(blank=True, help_text="Why a high check opened none.")
    # What is still to be done about it; set with its end, taken back in the transaction that does it.
    checklist_due = models.BooleanField(default=False, help_text="A high check opens its target's checklist.")
    webhook_due = models.BooleanField(default=False, help_text="Its target's webhook is to be told.")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["target", "slot"], name="probe_run_of_slot"),
            models.UniqueConstraint(
                fields=["target"], condition=Q(state__in=["queued", "running"]), name="probe_run_one_at_a_time"
            ),
        ]
        indexes = [
            models.Index(fields=["target", "-finished_at"], condition=Q(state="done"), name="probe_run_done"),
            models.Index(fields=["target", "-id"], name="probe_run_of_target"),
            models.Index(fields=["state"], condition=Q(state__in=["queued", "running"]), name="probe_run_open"),
            models.Index(fields=["queued_at"], name="probe_run_queued"),
            models.Index(
                fields=["id"], condition=Q(checklist_due=True) | Q(webhook_due=True), name="probe_run_to_follow"
            ),
            models.Index(fields=["target", "-id"], condition=Q(checklist_run__isnull=False), name="probe_run_opener"),
        ]

    def __str__(self) -> str:
        return f"Run {self.pk} of {self.target.name}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN


class ProbeSample(models.Model):
    """A row of a run: what was sent for one sample and what came back, as the report has it."""

    run = models.ForeignKey(ProbeRun, on_delete=models.CASCADE, related_name="samples", db_index=False)
    number = models.PositiveIntegerField()
    row = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="probe_sample_number")]

    def __str__(self) -> str:
        return f"Sample {self.number} of run {self.run_id}"


class ProbeCheck(models.Model):
    """A check of a run that is done. `notify` is false for what is shown only, as a split that is but suspected."""

    run = models.ForeignKey(ProbeRun, on_delete=models.CASCADE, related_name="checks", db_index=False)
    check_id = models.CharField(max_length=60)
    severity = models.CharField(max_length=4, choices=ProbeInvariant.Severity.choices)
    triggered = models.BooleanField()
    notify = models.BooleanField(default=True)
    value = models.JSONField(null=True)
    threshold = models.JSONField(null=True)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["run", "check_id"], name="probe_check_once")]

    def __str__(self) -> str:
        return self.check_id


class ProbeFreeze(models.Model):
    """A rollout was frozen or let go by a person; the newest row of a target holds. Append-only."""

    target = models.ForeignKey(ProbeTarget, on_delete=models.PROTECT, related_name="freezes")
    frozen = models.BooleanField()
    reason = models.CharField(max_length=300)
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    actor_name = models.CharField(max_length=ACTOR_LENGTH)

    class Meta:
        ordering = ["-pk"]
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="probe_freeze_has_a_reason")]
        triggers = [append_only(), no_truncate()]

    def __str__(self) -> str:
        return f"{'Frozen' if self.frozen else 'Let go'}: {self.reason}"
