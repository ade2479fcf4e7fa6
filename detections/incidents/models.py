"""Incidents with their roles and links, and the words that they are described by. Timeline, updates, postmortem and
action items have model files of their own."""

from __future__ import annotations

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Case, F, Func, IntegerField, Q, Value, When
from django.db.models.functions import NullIf
from django.db.models.lookups import LessThanOrEqual

from bootstrap.checklists.models import Run
from bootstrap.runbooks.version_contents import IncidentText, Policy
from bootstrap.systems.models import Environment
from detections.alerts.models import Alert
from detections.alerts.routing_models import Target
from detections.incidents.severity_level import SeverityLevel as SeverityLevel  # noqa: PLC0414 - one of the models
from detections.rules.models import Rule
from detections.telemetry.models import Issue, ProjectEnvironment
from detections.telemetry.releases.models import EnvironmentRelease
from opsconsole.accounts.models import ACTOR_LENGTH, Owner

TITLE_LENGTH = 200
WHY_LENGTH = 300
# What an incident links to, beside variables and addresses.
LINKED = ("rule", "issue", "release", "run", "policy")
# In the order of the list: 1 of a record that a runbook tells of without a date, which stands behind all that have one.
IS_DATED = Case(When(started_precision="none", then=Value(0)), default=Value(1))


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class BugClass(models.Model):
    """A class of bug, e.g. mutable state in a module."""

    name = models.CharField(max_length=200, unique=True)
    description = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "bug classes"

    def __str__(self) -> str:
        return self.name


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class ContributingFactor(models.Model):
    """What let an incident come or last, e.g. a variable that was never provisioned."""

    name = models.CharField(max_length=200, unique=True)
    description = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


# Gathering is in no history: it happens every few seconds.
@pghistory.track(
    *(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent()),
    exclude=["gathered_until", "gathered_at"],
)
class Incident(models.Model):
    """A record that people work on. Never deleted; what changes it is a line of its timeline, in one transaction."""

    class Severity(models.IntegerChoices):
        SEV_1 = 1, "SEV-1"
        SEV_2 = 2, "SEV-2"
        SEV_3 = 3, "SEV-3"
        SEV_4 = 4, "SEV-4"
        SEV_5 = 5, "SEV-5"

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        MITIGATED = "mitigated", "Mitigated"
        RESOLVED = "resolved", "Resolved"
        POSTMORTEM_DUE = "postmortem", "Postmortem due"
        CLOSED = "closed", "Closed"

    class Precision(models.TextChoices):
        MINUTE = "", "Minute"
        DAY = "day", "Day"
        MONTH = "month", "Month"
        NONE = "none", "No date"

    title = models.CharField(max_length=TITLE_LENGTH)
    summary = models.TextField(blank=True, help_text="What is known, in a few sentences (markdown).")
    # Of a record that a runbook describes it may be unknown.
    severity = models.PositiveSmallIntegerField(choices=Severity.choices, null=True, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    commander = models.ForeignKey(
        Owner, on_delete=models.PROTECT, null=True, blank=True, related_name="commanded_incidents"
    )
    declared_at = models.DateTimeField()
    declared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    declared_by_name = models.CharField(max_length=ACTOR_LENGTH)
    started_at = models.DateTimeField(
        null=True, blank=True, help_text="Start of impact; of a known day or month its start; empty: unknown."
    )
    started_precision = models.CharField(
        max_length=6, choices=Precision.choices, blank=True, default=Precision.MINUTE, help_text="Of the start."
    )
    date_text = models.CharField(max_length=100, blank=True, help_text="The date as a runbook gives it.")
    mitigated_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_why = models.CharField(max_length=WHY_LENGTH, blank=True, help_text="Why it closed without a postmortem.")
    postmortem_due_at = models.DateTimeField(null=True, blank=True, help_text="Empty: none is asked for.")
    postmortem_reminded_at = models.DateTimeField(null=True, blank=True)
    next_update_at = models.DateTimeField(null=True, blank=True, help_text="When people expect the next update.")
    update_reminded_at = models.DateTimeField(null=True, blank=True)
    gathered_until = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Up to when its timeline has what the sources had; empty: it may lack something.",
    )
    gathered_at = models.DateTimeField(null=True, blank=True, help_text="When its timeline was last gathered.")
    bug_class = models.ForeignKey(BugClass, on_delete=models.PROTECT, null=True, blank=True, related_name="incidents")
    factors = models.ManyToManyField(ContributingFactor, blank=True, related_name="incidents")
    places = models.ManyToManyField(
        ProjectEnvironment, blank=True, related_name="incidents", help_text="Affected environments of projects."
    )
    environments = models.ManyToManyField(
        Environment, blank=True, related_name="incidents", help_text="Affected environments of systems."
    )
    targets = models.ManyToManyField(Target, blank=True, related_name="incidents", help_text="Who gets its updates.")
    source = models.ForeignKey(
        IncidentText, on_delete=models.PROTECT, null=True, blank=True, related_name="+", help_text="In a runbook."
    )
    import_key = models.CharField(
        max_length=500,
        blank=True,
        editable=False,
        help_text="Of a record of a runbook its runbook and title, so that a new version of the text makes no second.",
    )
    client_key = models.CharField(max_length=200, blank=True, editable=False, help_text="Of who declares: only once.")
    revision = models.PositiveIntegerField(default=0, help_text="Compare-and-set: a person's act names the one it saw.")

    # Not stored: whether the act that returned it changed it, has yet to say so in the timeline, and told anybody.
    changed: bool = False
    unsaid: bool = False
    was_told: bool = False

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status="closed") ^ Q(closed_at__isnull=True), name="incident_closed_exactly_with_time"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["open", "mitigated"]) | Q(resolved_at__isnull=False) | ~Q(import_key=""),
                name="incident_resolved_with_time",
            ),
            models.CheckConstraint(
                condition=Q(severity__isnull=False) | ~Q(import_key=""), name="incident_has_severity"
            ),
            models.UniqueConstraint(fields=["import_key"], condition=~Q(import_key=""), name="incident_imported_once"),
            models.UniqueConstraint(
                fields=["declared_by", "client_key"], condition=~Q(client_key=""), name="incident_declared_once"
            ),
        ]
        indexes = [
            models.Index(fields=["status", "severity", "-declared_at"], name="incident_status"),
            models.Index(fields=["-declared_at", "-id"], name="incident_declared_at"),
            models.Index(IS_DATED.desc(), F("declared_at").desc(), F("id").desc(), name="incident_newest"),
            models.Index(fields=["resolved_at"], name="incident_resolved_at"),
            models.Index(
                fields=["next_update_at"],
                condition=Q(next_update_at__isnull=False, status__in=["open", "mitigated"]),
                name="incident_update_due",
            ),
            models.Index(
                fields=["postmortem_due_at"], condition=Q(status="postmortem"), name="incident_postmortem_due"
            ),
        ]
        permissions = [
            ("command_incident", "Can take and hand over command, change status and severity"),
            ("close_incident", "Can close incidents and reopen them"),
            ("edit_closed_incident", "Can change closed incidents"),
        ]

    def __str__(self) -> str:
        return f"INC-{self.pk} {self.title}"

    @property
    def name(self) -> str:
        """`INC-12`, the short name that people say."""
        return f"INC-{self.pk}"

    @property
    def shown_as(self) -> str:
        """The state whose colour shows its status: an open one has impact."""
        return "impact" if self.status == self.Status.OPEN else self.status

    @property
    def is_over(self) -> bool:
        """Whether the impact has ended: resolved or later."""
        return self.status not in (self.Status.OPEN, self.Status.MITIGATED)


class IncidentAlert(models.Model):
    """An alert of an incident. An alert may belong to several; who takes it out leaves `removed_at`."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="alert_links")
    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="incident_links")
    added_at = models.DateTimeField()
    added_by = models.CharField(max_length=ACTOR_LENGTH)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["incident", "alert"], name="incident_alert_once")]

    def __str__(self) -> str:
        return f"{self.alert} in {self.incident.name}"


class IncidentRole(models.Model):
    """Who does what in an incident beside its commander, e.g. communications."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="roles")
    role = models.CharField(max_length=50, help_text="Communications, operations, scribe, or words of your own.")
    owner = models.ForeignKey(Owner, on_delete=models.PROTECT, related_name="incident_roles")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True, help_text="Empty: still.")

    class Meta:
        ordering = ["role", "since", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "role", "owner"], condition=Q(until__isnull=True), name="incident_role_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.role}: {self.owner}"


class IncidentLink(models.Model):
    """What an incident has to do with, beside alerts: one row of the console, or an address with its text; of a
    row that is gone the text."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="links")
    rule = models.ForeignKey(Rule, on_delete=models.PROTECT, null=True, blank=True, related_name="incident_links")
    # Issues and releases are not kept for ever: their text stays.
    issue = models.ForeignKey(Issue, on_delete=models.SET_NULL, null=True, blank=True, related_name="incident_links")
    release = models.ForeignKey(
        EnvironmentRelease, on_delete=models.SET_NULL, null=True, blank=True, related_name="incident_links"
    )
    run = models.ForeignKey(Run, on_delete=models.PROTECT, null=True, blank=True, related_name="incident_links")
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, null=True, blank=True, related_name="incident_links")
    variable = models.CharField(max_length=200, blank=True, help_text="Name of a configuration variable.")
    url = models.URLField(max_length=500, blank=True)
    text = models.CharField(max_length=300, help_text="What it is called: PR #2728, the issue's title, …")
    added_at = models.DateTimeField()
    added_by = models.CharField(max_length=ACTOR_LENGTH)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=LessThanOrEqual(
                    Func(
                        *(F(kind) for kind in LINKED),
                        *(NullIf(F(text), Value("")) for text in ("variable", "url")),
                        function="num_nonnulls",
                        output_field=IntegerField(),
                    ),
                    1,
                ),
                name="incident_link_to_one_thing",
            ),
            *(models.UniqueConstraint(fields=["incident", kind], name=f"incident_link_{kind}_once") for kind in LINKED),
            models.UniqueConstraint(
                fields=["incident", "variable"], condition=~Q(variable=""), name="incident_link_variable_once"
            ),
            models.UniqueConstraint(fields=["incident", "url"], condition=~Q(url=""), name="incident_link_url_once"),
        ]

    def __str__(self) -> str:
        return self.text
