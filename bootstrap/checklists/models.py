"""Checklist, version, section, item, run, sign-off."""

from __future__ import annotations

from datetime import UTC, datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from bootstrap.runbooks.models import Runbook, RunbookVersion
from bootstrap.systems.models import App, ConfigVar, Environment, Flag, System
from opsconsole.lib.db.triggers import append_only, immutable, no_truncate


def run_url(system: str, environment: str, run_id: int) -> str:
    """The address of a run's page; `#item-<key>` leads to an item on it."""
    return reverse("checklist_run", args=[system, environment, run_id])


class Checklist(models.Model):
    """A checklist by name; what it says is in its versions."""

    class Kind(models.TextChoices):
        BOOTSTRAP = "bootstrap", "Environment bootstrap"
        GO_LIVE = "go_live", "Go-live"
        REVIEW = "review", "Review"
        OPERATIONS = "operations", "Operations"

    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="checklists")
    app = models.ForeignKey(App, on_delete=models.PROTECT, null=True, blank=True, related_name="checklists")
    runbook = models.ForeignKey(Runbook, on_delete=models.PROTECT, null=True, blank=True, related_name="checklists")
    slug = models.SlugField(unique=True, max_length=150, allow_unicode=True)
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.BOOTSTRAP)

    class Meta:
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title


class ChecklistVersion(models.Model):
    """One wording of a checklist, immutable; runs are pinned to it."""

    checklist = models.ForeignKey(Checklist, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    content_hash = models.CharField(max_length=64, help_text="SHA-256 of the source it was made from.")
    source = models.TextField(blank=True, help_text="The markdown it was made from.")
    intro = models.TextField(blank=True, help_text="Markdown before the first section.")
    runbook_version = models.ForeignKey(
        RunbookVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="checklist_versions"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)

    class Meta:
        ordering = ["checklist", "-number"]
        constraints = [models.UniqueConstraint(fields=["checklist", "number"], name="checklist_version_number")]
        triggers = [immutable()]

    def __str__(self) -> str:
        return f"{self.checklist} v{self.number}"


class Section(models.Model):
    """A part of a version; it applies while its gate flags are wanted in the environment."""

    class Gate(models.TextChoices):
        ANY = "any", "any of the flags"
        ALL = "all", "all of the flags"

    version = models.ForeignKey(ChecklistVersion, on_delete=models.CASCADE, related_name="sections")
    order = models.PositiveIntegerField()
    slug = models.SlugField(max_length=100, allow_unicode=True)
    title = models.CharField(max_length=300)
    prose = models.TextField(blank=True, help_text="Markdown before the items.")
    notes = models.TextField(blank=True, help_text="Markdown after the items.")
    line = models.PositiveIntegerField(null=True, blank=True, help_text="Line of the runbook's source.")
    gate = models.CharField(max_length=3, choices=Gate.choices, default=Gate.ANY)
    gate_flags = models.ManyToManyField(Flag, blank=True, related_name="gated_sections")

    class Meta:
        ordering = ["version", "order"]
        constraints = [models.UniqueConstraint(fields=["version", "slug"], name="section_slug_per_version")]
        triggers = [immutable()]

    def __str__(self) -> str:
        return self.title


class SectionVariable(models.Model):
    """A row of a section's table of variables as its version tells it; without a variable where it names none (n/a)."""

    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="variables")
    order = models.PositiveIntegerField()
    variable = models.ForeignKey(ConfigVar, on_delete=models.PROTECT, null=True, blank=True, related_name="told_in")
    cells = models.JSONField(help_text="[[column, markdown], …] in the order of the table.")
    line = models.PositiveIntegerField(null=True, blank=True, help_text="Line of the runbook's source.")

    class Meta:
        ordering = ["section", "order"]
        constraints = [models.UniqueConstraint(fields=["section", "order"], name="section_variable_order")]
        triggers = [immutable()]

    def __str__(self) -> str:
        return self.variable.name if self.variable else "n/a"


class Item(models.Model):
    """One thing to do or confirm. `key` names it over versions and in commands (SENTRY_DSN_BACKEND).

    A key is unique in its version (held by the importer); `values` maps an environment's slug, or `*` for any
    other, to the value to set where that is no secret: `{"prod": "raxx.app", "*": "raxx-staging.pages.dev"}`.
    """

    class Kind(models.TextChoices):
        PROVISION = "provision", "Provision"
        SET = "set", "Set"
        ATTEST = "attest", "Attest"
        FLAG = "flag", "Flag"
        PREREQUISITE = "prerequisite", "Prerequisite"
        QUESTION = "question", "Question"

    class EvidenceKind(models.TextChoices):
        ANY = "", "A note, a link or a file"
        FILE = "file", "A file"
        LINK = "link", "A link"

    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="items")
    order = models.PositiveIntegerField()
    key = models.CharField(max_length=100)
    text = models.TextField(help_text="Markdown.")
    body = models.TextField(blank=True, help_text="Markdown beneath it.")
    depth = models.PositiveSmallIntegerField(default=0, help_text="How deep it is nested, from 0.")
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.ATTEST)
    variables = models.ManyToManyField(ConfigVar, blank=True, related_name="items")
    flag = models.ForeignKey(Flag, on_delete=models.PROTECT, null=True, blank=True, related_name="items")
    values = models.JSONField(default=dict, blank=True)
    condition = models.CharField(max_length=300, blank=True, help_text="When it is needed, e.g. FLAG_DEMO_SESSION=1.")
    line = models.PositiveIntegerField(null=True, blank=True, help_text="Line of the runbook's source.")
    two_person = models.BooleanField(default=False)
    evidence_required = models.BooleanField(default=False)
    evidence_kind = models.CharField(
        max_length=4, choices=EvidenceKind.choices, blank=True, help_text="Where evidence is asked for, which."
    )
    optional = models.BooleanField(default=False, help_text="Nothing waits for it, and a run is complete without it.")

    class Meta:
        ordering = ["section", "order"]
        constraints = [models.UniqueConstraint(fields=["section", "key"], name="item_key_per_section")]
        triggers = [immutable()]

    def __str__(self) -> str:
        return self.key


class ItemDependency(models.Model):
    """`item` stays locked until the item (or every item of the section) that it needs is done.

    Of the kind `together` it is an atomic pair: neither is done without the other, and one act does both.
    """

    class Kind(models.TextChoices):
        NEEDS = "needs", "Needs"
        TOGETHER = "together", "Together with"

    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.NEEDS)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="needs")
    needs_item = models.ForeignKey(Item, on_delete=models.CASCADE, null=True, blank=True, related_name="needed_by")
    needs_section = models.ForeignKey(
        Section, on_delete=models.CASCADE, null=True, blank=True, related_name="needed_by"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(needs_item__isnull=True) ^ Q(needs_section__isnull=True), name="dependency_on_one_thing"
            ),
            models.CheckConstraint(
                condition=Q(kind="needs") | Q(needs_item__isnull=False), name="together_with_an_item"
            ),
            models.UniqueConstraint(fields=["item", "needs_item"], name="dependency_on_item_once"),
            models.UniqueConstraint(fields=["item", "needs_section"], name="dependency_on_section_once"),
        ]
        triggers = [immutable()]
        verbose_name_plural = "item dependencies"


class Run(models.Model):
    """A checklist being worked through for one environment, pinned to one version.

    A review is about a pull request, a go-live about a release or a day: that is its `subject`. Several runs of one
    checklist are open at once where their subjects differ.
    """

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
    closed_at = models.DateTimeField(null=True, blank=True)
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
            # Whatever their versions: what one of two runs proves the other one may have taken back.
            models.UniqueConstraint(
                fields=["checklist", "environment", "subject"],
                condition=Q(closed_at__isnull=True),
                name="one_open_run",
            )
        ]

    def __str__(self) -> str:
        about = f" of {self.subject}" if self.subject else ""
        return f"{self.version}{about} in {self.environment}"

    def get_absolute_url(self) -> str:
        """The address of its page; load `environment__system` with the run."""
        return run_url(self.environment.system.slug, self.environment.slug, self.pk)


class SignOff(models.Model):
    """One act of a person on one item of a run. Never changed, never deleted; the newest act tells the state.

    A two-person item goes from `signed` (the first) to `done` (a second, different person).
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
        constraints = [
            # Two people at once: the second finds the sequence taken and is told who was first.
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
        """The name that was signed with: whoever is renamed later has not signed under the new name."""
        return self.by_name or self.by.get_username()

    def told(self) -> str:
        """Who did what and when, in words: `signed by ada, 2026-06-12 12:00 UTC`."""
        did = {"done": "signed", "signed": "first signed", "undone": "taken back", "waived": "waived"}
        word = did.get(self.act, "marked not applicable")
        if self.answer:
            word = f"answered {self.answer}"
        if self.review_by:
            word = f"{word} until {self.review_by}"
        return f"{word} by {self.signer}, {self.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"

    def lapsed(self, now: datetime) -> bool:
        """Whether it was a waiver whose review date has passed: the item is open again."""
        return self.review_by is not None and self.review_by < now.astimezone(UTC).date()


class EvidenceFile(models.Model):
    """A file that was given as evidence with a sign-off, which names it by id and SHA-256. Never changed or deleted."""

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
        """Where it is downloaded; load `run__environment__system` with it."""
        return f"{self.run.get_absolute_url()}files/{self.pk}/"
