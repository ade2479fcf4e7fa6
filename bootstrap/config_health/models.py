"""Report tokens, reports, the state of each variable with its drift, and findings (docs/decisions/0007)."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from bootstrap.checklists.models import Item, Run
from bootstrap.config_health.variable_status import EMPTY, NOT_REPORTED, SET, UNKNOWN, UNSEEN, UNSET, JudgedVariable
from bootstrap.systems.models import Deployment, Environment
from opsconsole.lib.db.triggers import append_only, no_truncate

# Days that reports are kept: a quarter, to look up what an agent reported before an incident. States and drift stay.
KEEP_DAYS = 90


class ReportToken(models.Model):
    """The credential of an agent: it may get one deployment's manifest and post its reports, nothing else.

    Only its SHA-256 is stored; the token itself is shown once.
    """

    deployment = models.ForeignKey(Deployment, on_delete=models.PROTECT, related_name="report_tokens")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=12, editable=False, help_text="First characters, to recognise it by.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="report_tokens"
    )
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.hint}… for {self.deployment}"


class ConfigReport(models.Model):
    """One report of an agent, without its variables. Never changed; deleted once it is old."""

    deployment = models.ForeignKey(Deployment, on_delete=models.PROTECT, related_name="config_reports")
    reported_at = models.DateTimeField(help_text="By the agent's clock.")
    received_at = models.DateTimeField()
    release = models.CharField(max_length=100, blank=True)
    agent = models.CharField(max_length=20, blank=True, help_text="Version of the agent.")
    manifest = models.CharField(max_length=64, blank=True, help_text="Hash of the manifest that it judged by.")
    facts = models.JSONField(default=dict, blank=True, help_text="workers: processes that serve.")
    other_names = models.JSONField(default=list, blank=True, help_text="Names of variables that no rule knows.")
    complete = models.BooleanField(
        default=True, help_text="What the agent read is all that the application gets; otherwise names may be missing."
    )
    notes = models.JSONField(
        default=list, blank=True, help_text="Of what the agent read: doubled names, expressions, values elsewhere."
    )
    content_hash = models.CharField(max_length=64, editable=False, help_text="SHA-256 of the report as it came.")

    class Meta:
        ordering = ["-reported_at", "-id"]
        get_latest_by = ["reported_at", "id"]
        constraints = [
            # An agent that got no answer sends the same report again; that is not stored twice.
            models.UniqueConstraint(fields=["deployment", "reported_at", "content_hash"], name="config_report_once"),
        ]
        indexes = [models.Index(fields=["deployment", "-reported_at", "-id"], name="config_report_newest")]
        triggers = [
            pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update),
            pgtrigger.Protect(
                name="kept_while_young",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Condition(f"OLD.received_at > NOW() - INTERVAL '{KEEP_DAYS - 1} days'"),
            ),
        ]
        verbose_name = "config report"

    def __str__(self) -> str:
        return f"{self.deployment}, {self.reported_at:%Y-%m-%d %H:%M} UTC"


class VariableState(models.Model):
    """The last reported state of one variable of a deployment; written only when it changes."""

    class State(models.TextChoices):
        SET = SET, "Set"
        EMPTY = EMPTY, "Empty"
        UNSET = UNSET, "Unset"
        UNSEEN = UNSEEN, "Set, value not seen"
        UNKNOWN = UNKNOWN, "Not known"
        NOT_REPORTED = NOT_REPORTED, "Not reported"

    deployment = models.ForeignKey(Deployment, on_delete=models.PROTECT, related_name="variable_states")
    name = models.CharField(max_length=100)
    state = models.CharField(max_length=12, choices=State.choices)
    format_ok = models.BooleanField(null=True, blank=True)
    accepted_index = models.PositiveSmallIntegerField(null=True, blank=True)
    fingerprints = models.JSONField(default=dict, blank=True, help_text="By comparison group.")
    since = models.DateTimeField(help_text="When the agent first saw it so.")
    last_reported_at = models.DateTimeField(
        null=True, blank=True, help_text="By the last report that named it, where newer ones leave it out."
    )
    report = models.ForeignKey(
        ConfigReport, on_delete=models.SET_NULL, null=True, blank=True, help_text="Which said so first."
    )

    class Meta:
        ordering = ["deployment", "name"]
        constraints = [models.UniqueConstraint(fields=["deployment", "name"], name="variable_state_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.judged.describe()}"

    @property
    def judged(self) -> JudgedVariable:
        return JudgedVariable(self.state, self.format_ok, self.accepted_index, self.fingerprints)


class VariableChange(models.Model):
    """A change of a variable from one report to another: the drift history, never changed and never deleted."""

    deployment = models.ForeignKey(Deployment, on_delete=models.PROTECT, related_name="variable_changes")
    name = models.CharField(max_length=100)
    at = models.DateTimeField(help_text="Of the report that first says so.")
    before = models.JSONField()
    after = models.JSONField()
    release = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["deployment", "-at", "-id"], name="variable_change_newest"),
            models.Index(fields=["deployment", "name", "at"], name="variable_change_of_one"),
        ]
        triggers = [append_only(), no_truncate()]

    def __str__(self) -> str:
        return self.name


# What is overdue in checklists; every other kind is about what agents report.
OVERDUE_KINDS = ("overdue_item", "overdue_run")


class Finding(models.Model):
    """Something wrong with a deployment's configuration from `opened_at` until `closed_at` (null while it is open).

    Without a deployment it is about a checklist in an environment where nothing is deployed; `run` says which.
    `subject` is a variable's name, empty for the report as a whole; of what is overdue in a checklist the item's key or
    the title, with the run. Where severity or detail change, the finding is closed and another one opened. `report` was
    the newest when it was opened.
    """

    class Kind(models.TextChoices):
        MISSING = "missing", "Missing"
        EMPTY = "empty", "Empty"
        BAD_FORMAT = "bad_format", "Bad format"
        WRONG_LITERAL = "wrong_literal", "Wrong literal"
        FALLBACK_ACTIVE = "fallback_active", "Fallback active"
        FORBIDDEN_PRESENT = "forbidden_present", "Forbidden, but present"
        CHANGED_SINCE_SIGN_OFF = "changed_since_sign_off", "Changed since sign-off"
        MUST_EQUAL_BROKEN = "must_equal_broken", "Not equal, but must be"
        MUST_DIFFER_BROKEN = "must_differ_broken", "Equal, but must differ"
        FLAG_WITHOUT_COVERAGE = "flag_without_coverage", "Flag without checklist coverage"
        STALE = "stale", "Stale"
        OVERDUE_ITEM = "overdue_item", "Overdue item"
        OVERDUE_RUN = "overdue_run", "Overdue checklist"

    class Severity(models.TextChoices):
        CRITICAL = "critical", "Critical"
        WARNING = "warning", "Warning"
        INFO = "info", "Info"

    deployment = models.ForeignKey(
        Deployment,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="findings",
        help_text="Empty: what is overdue in an environment where nothing is deployed.",
    )
    subject = models.CharField(max_length=130, blank=True)
    kind = models.CharField(max_length=22, choices=Kind.choices)
    severity = models.CharField(max_length=8, choices=Severity.choices)
    eased_from = models.CharField(
        max_length=8,
        choices=Severity.choices,
        blank=True,
        help_text="The severity without what eases it, which the detail names; empty where nothing does.",
    )
    detail = models.TextField()
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    report = models.ForeignKey(ConfigReport, on_delete=models.SET_NULL, null=True, blank=True, related_name="findings")
    run = models.ForeignKey(
        Run,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="findings",
        help_text="The checklist's run, where it or one of its items is overdue.",
    )
    item = models.ForeignKey(Item, on_delete=models.PROTECT, null=True, blank=True, related_name="findings")

    class Meta:
        ordering = ["-opened_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["deployment", "subject", "kind"], condition=Q(closed_at__isnull=True), name="one_open_finding"
            ),
            models.UniqueConstraint(
                fields=["run", "subject", "kind"],
                condition=Q(closed_at__isnull=True, deployment__isnull=True),
                name="one_open_finding_of_a_run",
            ),
            models.CheckConstraint(
                condition=Q(deployment__isnull=False) | Q(run__isnull=False), name="finding_has_a_place"
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(closed_at__gte=F("opened_at")),
                name="finding_closes_after_opening",
            ),
        ]
        indexes = [
            models.Index(fields=["deployment", "-opened_at"], name="finding_newest"),
            # Rules read each minute which findings were open in it: never closed, or closed later.
            models.Index(fields=["closed_at"], name="finding_closed"),
        ]
        triggers = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="opened_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    "deployment", "subject", "kind", "severity", "eased_from", "detail", "opened_at", "run", "item"
                ),
            ),
            pgtrigger.Protect(
                name="closed_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__closed_at__isnull=False, old__closed_at__df=pgtrigger.F("new__closed_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject or self.deployment}: {self.get_kind_display().lower()}"

    @property
    def environment(self) -> Environment:
        """Of its deployment; without one, of its run."""
        place = self.deployment or self.run
        assert place is not None, "the database has no finding without both"
        return place.environment

    @property
    def where(self) -> str:
        """What its host calls the deployment; without one, `system/environment`."""
        return self.deployment.host_name if self.deployment else self.environment.path

    @property
    def is_overdue(self) -> bool:
        """Whether it is about a checklist, not about what an agent reports."""
        return self.kind in OVERDUE_KINDS
