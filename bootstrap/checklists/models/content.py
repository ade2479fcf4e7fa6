"""What a checklist says, version by version: sections, items, and what they wait for."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from bootstrap.runbooks.models import Runbook, RunbookVersion
from bootstrap.systems.models import App, ConfigVar, Flag, System
from opsconsole.lib.db.triggers import immutable


class Checklist(models.Model):
    """A checklist by name; its sections and items belong to its versions."""

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
    """A checklist as it was imported once. Immutable; runs are pinned to a version."""

    checklist = models.ForeignKey(Checklist, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    content_hash = models.CharField(max_length=64, help_text="SHA-256 of the source it was made from.")
    source = models.TextField(blank=True, help_text="The markdown it was made from.")
    intro = models.TextField(blank=True, help_text="Markdown before the first section.")
    levels = ArrayField(
        models.CharField(max_length=60),
        default=list,
        blank=True,
        help_text="Levels that an environment can reach, the lowest first, as the text calls them; empty without any.",
    )
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
    """A part of a version. It applies in an environment where its gate flags are wanted."""

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
    """A row of a section's table of variables, as in the text. `variable` is None where the row names none (n/a)."""

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
    """One thing to do or confirm.

    `key` names it in all versions and in commands (SENTRY_DSN_BACKEND); the importer makes keys unique in a version.
    `values` maps an environment's slug, or `*` for any other environment, to the value to set there, if that is no
    secret: `{"prod": "raxx.app", "*": "raxx-staging.pages.dev"}`.
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

    level = models.CharField(
        max_length=60, blank=True, help_text="The lowest level that needs it, one of its version's; empty: the highest."
    )

    class Meta:
        ordering = ["section", "order"]
        constraints = [models.UniqueConstraint(fields=["section", "key"], name="item_key_per_section")]
        triggers = [immutable()]

    def __str__(self) -> str:
        return self.key


class ItemDependency(models.Model):
    """`item` is blocked until the item it needs, or every item of the section it needs, is settled.

    With the kind `together` the two items are an atomic pair: one act signs both. Of the items with the kind `one_of`
    one is enough: the others are not applicable once it is settled.
    """

    class Kind(models.TextChoices):
        NEEDS = "needs", "Needs"
        TOGETHER = "together", "Together with"
        ONE_OF = "one_of", "One of"

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

    def __str__(self) -> str:
        return f"{self.item} {self.get_kind_display().lower()} {self.needs_item or self.needs_section}"
