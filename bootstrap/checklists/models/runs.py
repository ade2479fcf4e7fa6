"""A checklist being worked through: the run, the acts on its items, the files given as evidence."""

from __future__ import annotations

from datetime import UTC, datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from bootstrap.checklists.models.content import Checklist, ChecklistVersion, Item
from bootstrap.checklists.models.schedules import RunSchedule
from bootstrap.systems.models import Environment
from opsconsole.lib.db.triggers import append_only, no_truncate


def run_url(system: str, environment: str, run_id: int) -> str:
    """The address of a run's page; `#item-<key>` leads to an item on it."""
    return reverse("checklist_run", args=[system, environment, run_id])


class Run(models.Model):
    """A checklist being worked through for one environment, pinned to one version.

    `subject` is what it is about: the pull request of a review, the release or day of a go-live. Several runs of one
    checklist may be open in an environment where their subjects differ.

    A run that a schedule opened has it as `schedule`, and its `period`. `outcome` is why it is closed: empty while it
    is open, and on runs that were closed before this was kept.
    """

    class Outcome(models.TextChoices):
        FINISHED = "finished", "Finished"
        CLOSED = "closed", "Closed by hand"
        MISSED = "missed", "Missed"
        MOVED = "moved", "Moved to another version"

    version = models.ForeignKey(ChecklistVersion, on_delete=models.PROTECT, related_name="runs")
    checklist = models.ForeignKey(
        Checklist,
        on_delete=models.PROTECT,
        null=True,
        related_name="runs",
        help_text="Of its version; none on a run that was open beside another one before there could be one only.",
    )
    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="runs")
    subject = models.CharField(
        max_length=300,
        blank=True,
        help_text="What it is about, e.g. raxx-app/TradeMasterAPI#2728, or v12 of 2026-06-12.",
    )
    started_at = models.DateTimeField(auto_now_add=True)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)
    opened_by_name = models.CharField(
        max_length=100, blank=True, help_text="What opened it, where that is neither a person nor its schedule."
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="None where its schedule closed it, and on runs that were closed before this was kept.",
    )
    outcome = models.CharField(
        max_length=8,
        choices=Outcome.choices,
        blank=True,
        help_text="Finished: everything that applies was done. Missed: its schedule closed it before it was.",
    )
    schedule = models.ForeignKey(
        RunSchedule, on_delete=models.PROTECT, null=True, blank=True, related_name="runs", help_text="What opened it."
    )
    period = models.DateField(
        null=True, blank=True, help_text="The first day of its schedule's period, in the schedule's zone."
    )
    skipped = models.PositiveIntegerField(
        default=0, help_text="Periods before it that had no run: the schedule was paused, or the console away."
    )
    continues = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="continued_by",
        help_text="The run of an older version that this one took over.",
    )

    class Meta:
        ordering = ["-started_at"]
        constraints = [
            # Of any version: if there were two, one could prove what the other has taken back.
            models.UniqueConstraint(
                fields=["checklist", "environment", "subject"],
                condition=Q(closed_at__isnull=True),
                name="one_open_run",
            ),
            # Two beats at once: one of them opens it.
            models.UniqueConstraint(
                fields=["schedule", "period"], condition=~Q(outcome="moved"), name="one_run_of_a_period"
            ),
            models.CheckConstraint(
                condition=Q(schedule__isnull=True, period__isnull=True)
                | Q(schedule__isnull=False, period__isnull=False),
                name="run_of_a_schedule_has_its_period",
            ),
            models.CheckConstraint(
                condition=Q(outcome="") | Q(closed_at__isnull=False), name="only_closed_runs_have_an_outcome"
            ),
        ]

    def __str__(self) -> str:
        about = f" of {self.subject}" if self.subject else ""
        return f"{self.version}{about} in {self.environment}"

    def get_absolute_url(self) -> str:
        """The address of its page. Load `environment__system` with the run."""
        return run_url(self.environment.system.slug, self.environment.slug, self.pk)

    @property
    def opener(self) -> str:
        """Who opened it: a person's user name, or what did it by itself; '' where nobody noted it."""
        if self.started_by:
            return self.started_by.get_username()
        return "its schedule" if self.schedule_id else self.opened_by_name

    @property
    def ending(self) -> str:
        """How it ended and by whom, e.g. `Missed, by its schedule`; '' while it is open."""
        if self.closed_at is None:
            return ""
        label = self.get_outcome_display() if self.outcome else "Closed"
        by = self.closed_by.get_username() if self.closed_by else "its schedule" if self.outcome == "missed" else ""
        return f"{label}, by {by}" if by else label


class SignOff(models.Model):
    """One act of a person on one item of a run, never changed and never deleted. The newest act gives the item's state.

    A two-person item is `signed` after the first signature and `done` after that of another person.
    """

    class Act(models.TextChoices):
        SIGNED = "signed", "Signed, awaits a second person"
        DONE = "done", "Done"
        UNDONE = "undone", "Undone"
        NOT_APPLICABLE = "not_applicable", "Not applicable"
        WAIVED = "waived", "Waived"

    class Answer(models.TextChoices):
        YES = "yes", "Yes"
        NO = "no", "No"

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="sign_offs")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="sign_offs")
    sequence = models.PositiveIntegerField(help_text="Counts the acts on this item in this run from 1.")
    act = models.CharField(max_length=15, choices=Act.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="sign_offs")
    by_name = models.CharField(
        max_length=150, blank=True, help_text="What the signer was called then; empty on acts older than this field."
    )
    at = models.DateTimeField()
    answer = models.CharField(max_length=3, choices=Answer.choices, blank=True, help_text="To an item that asks.")
    note = models.TextField(blank=True)
    evidence = models.JSONField(default=dict, blank=True)
    review_by = models.DateField(null=True, blank=True, help_text="Of a waiver: the last day on which it holds (UTC).")
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = "sign-off"
        constraints = [
            # Of two people who act at once the second violates this, and is refused with what the first did.
            models.UniqueConstraint(fields=["run", "item", "sequence"], name="sign_off_sequence"),
            models.CheckConstraint(
                condition=Q(act="waived", review_by__isnull=False) | (~Q(act="waived") & Q(review_by__isnull=True)),
                name="waivers_have_a_review_date",
            ),
        ]
        triggers = [append_only(), no_truncate()]

    def __str__(self) -> str:
        return f"{self.item} {self.get_act_display()} by {self.signer}"

    @property
    def signer(self) -> str:
        """The signer's user name at the time of the act, which a later renaming does not change."""
        return self.by_name or self.by.get_username()

    def describe(self) -> str:
        """Who did what and when, e.g. `signed by ada, 2026-06-12 12:00 UTC`."""
        verbs = {"done": "signed", "signed": "first signed", "undone": "taken back", "waived": "waived"}
        verb = verbs.get(self.act, "marked not applicable")
        if self.answer:
            verb = f"answered {self.answer}"
        if self.review_by:
            verb = f"{verb} until {self.review_by}"
        return f"{verb} by {self.signer}, {self.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"

    def lapsed(self, now: datetime) -> bool:
        """Whether this is a waiver whose review date has passed, so that the item is open again."""
        return self.review_by is not None and self.review_by < now.astimezone(UTC).date()


class EvidenceFile(models.Model):
    """A file given as evidence with a sign-off, which names it by id and SHA-256. Never changed, never deleted."""

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="files")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="files")
    name = models.CharField(max_length=100, help_text="As its owner called it, cleaned.")
    content_type = models.CharField(max_length=30, help_text="By its content, not by its name.")
    size = models.PositiveIntegerField(help_text="Bytes.")
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="evidence_files")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        triggers = [append_only(), no_truncate()]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The address of its download. Load `run__environment__system` with the file."""
        return f"{self.run.get_absolute_url()}files/{self.pk}/"
