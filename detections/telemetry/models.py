"""Projects and keys, environments, issues, series and events. Event is partitioned by day. Counts: `count_models`."""

from __future__ import annotations

import secrets

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import MD5

from bootstrap.systems.models import App, Environment
from opsconsole.lib import clock
from opsconsole.lib.text.humanize import utc


def new_public_key() -> str:
    """32 hexadecimal digits, as Sentry's public keys."""
    return secrets.token_hex(16)


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Project(models.Model):
    """An application that sends telemetry. Its id is the integer in its DSN."""

    app = models.ForeignKey(App, on_delete=models.PROTECT, null=True, blank=True, related_name="projects")
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=100)
    enabled = models.BooleanField(default=True)
    demo = models.BooleanField(default=False, help_text="Made by the demo; removed with its data by one command.")
    events_per_minute_limit = models.PositiveIntegerField(
        null=True, blank=True, help_text="Answer 429 above this many events a minute. Empty: no limit."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class ProjectKey(models.Model):
    """A DSN's public key: write-only, revocable."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="keys")
    public_key = models.CharField(max_length=32, unique=True, default=new_public_key)
    label = models.CharField(max_length=100, default="Default")
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["project", "created_at"]

    def __str__(self) -> str:
        return f"{self.project} · {self.label}"


class ProjectEnvironment(models.Model):
    """An environment name that a project's events carry; linked to an Environment where slug or alias matches.

    Unlinked names are kept (limited per project), so that no event is dropped for a misspelling. `first_event_at` is
    when the source connected: before it, no events does not mean zero. Null: no event yet; the row was created for a
    configuration report.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="environments")
    name = models.CharField(max_length=64, help_text="Canonical: the linked environment's slug, else as received.")
    environment = models.ForeignKey(
        Environment, on_delete=models.SET_NULL, null=True, blank=True, related_name="project_environments"
    )
    first_event_at = models.DateTimeField(null=True, blank=True)
    last_event_at = models.DateTimeField(null=True, blank=True)
    placed_at = models.DateTimeField(
        null=True, blank=True, help_text="Receipt by which it took or renewed one of the project's places for names."
    )

    class Meta:
        ordering = ["project", "name"]
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="project_environment_name")]

    def __str__(self) -> str:
        return self.path

    @property
    def path(self) -> str:
        """`project/environment`, written like a system's (`raptor/prod`)."""
        return f"{self.project.slug}/{self.name}"


class Issue(models.Model):
    """A group of events of one project with one fingerprint."""

    class Status(models.TextChoices):
        UNRESOLVED = "unresolved", "Unresolved"
        RESOLVED = "resolved", "Resolved"
        IGNORED = "ignored", "Ignored"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="issues")
    title = models.CharField(max_length=300, help_text="Of the newest event, as type, value, culprit and level are.")
    exception_type = models.CharField(max_length=200, blank=True)
    value = models.TextField(blank=True, help_text="Exception value or message, scrubbed, shortened.")
    culprit = models.CharField(max_length=300, blank=True, help_text="Function or route where it happens.")
    level = models.CharField(max_length=10)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.UNRESOLVED)
    grouping = models.JSONField(default=dict, help_text="Why these events are one issue: algorithm and components.")
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    events = models.PositiveBigIntegerField(default=0)
    users = models.PositiveIntegerField(default=0, help_text="Distinct users, exact up to 10,000.")
    first_release = models.CharField(max_length=200, blank=True)
    last_release = models.CharField(max_length=200, blank=True)
    needs_triage = models.BooleanField(default=True)
    regressed_at = models.DateTimeField(null=True, blank=True, help_text="When it recurred after it was resolved.")
    status_since = models.DateTimeField(null=True, blank=True, help_text="Time of the newest row of its log.")

    class Meta:
        indexes = [
            models.Index(fields=["project", "-last_seen"], name="issue_project_last_seen"),
            models.Index(fields=["-last_seen"], name="issue_last_seen"),
            # Sorts of the list of issues. Most issues have few events and no users: among equals the id is sought.
            models.Index(fields=["-first_seen"], name="issue_first_seen"),
            models.Index(fields=["-events", "-id"], name="issue_events"),
            models.Index(fields=["-users", "-id"], name="issue_users"),
        ]

    def __str__(self) -> str:
        return self.title


class Grouping(models.Model):
    """A fingerprint of a project and its issue; merging issues changes the issue."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="groupings")
    fingerprint = models.CharField(max_length=32, help_text="BLAKE2b-128 of the grouping components, hex.")
    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="groupings")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "fingerprint"], name="grouping_fingerprint")]

    def __str__(self) -> str:
        return f"{self.fingerprint} of {self.issue}"


class IssueHour(models.Model):
    """Events of an issue in one environment per hour."""

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="hours")
    project_environment = models.ForeignKey(ProjectEnvironment, on_delete=models.CASCADE, related_name="+")
    hour = models.DateTimeField()
    n = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issue", "project_environment", "hour"], name="issue_hour_once")]
        indexes = [models.Index(fields=["hour"], name="issue_hour_hour")]

    def __str__(self) -> str:
        return f"{self.issue} at {utc(self.hour)}"


class Series(models.Model):
    """A counted stream: project x environment x source x kind x method x route (x URL path where it differs)."""

    class Source(models.TextChoices):
        SENTRY = "sentry", "Sentry events"
        ROUTER = "router", "Router lines"
        SENTRY_API = "sentry_api", "Sentry Web API"
        API = "api", "JSON API"
        PROBE = "probe", "Probe"

    class Kind(models.TextChoices):
        ERROR = "error", "Errors (level error or fatal)"
        MESSAGE = "message", "Messages (level below error)"
        REQUEST = "request", "Requests"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="series")
    project_environment = models.ForeignKey(ProjectEnvironment, on_delete=models.CASCADE, related_name="series")
    source = models.CharField(max_length=10, choices=Source.choices)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    method = models.CharField(max_length=10, blank=True)
    route = models.CharField(max_length=300, blank=True, help_text="Normalised path pattern; empty: no route.")
    url_path = models.CharField(
        max_length=300, blank=True, default="", help_text="The URL's path pattern where it is not the route's."
    )
    selected_by = models.TextField(
        blank=True, default="", help_text="Of folded events: the globs of the rules that select them, one a line."
    )
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    placed_at = models.DateTimeField(
        default=clock.now, help_text="Receipt by which it took or renewed its place (telemetry.places)."
    )
    canonical = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="linked", help_text="Read as that one."
    )
    handler = models.CharField(
        max_length=300,
        blank=True,
        default="",
        db_default="",
        help_text="The application's name for it, where it has another one.",
    )

    class Meta:
        verbose_name_plural = "series"
        constraints = [
            models.UniqueConstraint(  # the globs by hash: an index entry holds no long text
                *("project_environment", "source", "kind", "method", "route", "url_path", MD5("selected_by")),
                name="series_identity",
            )
        ]
        indexes = [
            models.Index(fields=["project", "route"], name="series_project_route"),
            models.Index(fields=["project_environment", "placed_at"], name="series_places"),
            models.Index(fields=["project_environment"], condition=~models.Q(selected_by=""), name="series_folded"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """Method and route, `POST /api/solver/solve`, and the URL path where it differs."""
        label = f"{self.method} {self.route}".strip() or "(no route)"
        label = f"{label} (at {self.url_path})" if self.url_path else label
        return f"{label} (within {', '.join(self.selected_by.splitlines())})" if self.selected_by else label

    @property
    def where(self) -> str:
        """`project/environment`. Load both with it."""
        return f"{self.project.slug}/{self.project_environment.name}"

    @property
    def read_as(self) -> Series:
        """The canonical series, else itself. Load it with it."""
        return self.canonical or self


class EventManager(models.Manager["Event"]):
    """Queries of the partitioned table; give a lower bound of `received_at`, so that they read few partitions."""


class Event(models.Model):
    """One received event, scrubbed. Partitioned by day of `received_at`; the digest writes it with COPY."""

    id = models.BigAutoField(primary_key=True)
    event_id = models.UUIDField()
    project = models.ForeignKey(Project, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    project_environment = models.ForeignKey(
        ProjectEnvironment, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    issue = models.ForeignKey(Issue, on_delete=models.DO_NOTHING, db_constraint=False, related_name="event_set")
    series = models.ForeignKey(Series, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    received_at = models.DateTimeField()
    occurred_at = models.DateTimeField(help_text="The event's own time, corrected by sent_at, never after receipt.")
    clock_note = models.CharField(max_length=20, blank=True, help_text="Set when the event's time was not usable.")
    level = models.CharField(max_length=10)
    handled = models.BooleanField(null=True, help_text="False: unhandled, counts as a 5xx.")
    exception_type = models.CharField(max_length=200, blank=True)
    message = models.TextField(blank=True, help_text="Exception value or message: what signatures match.")
    logger = models.CharField(max_length=200, blank=True)
    transaction = models.CharField(max_length=300, blank=True)
    url = models.CharField(max_length=600, blank=True)
    release = models.CharField(max_length=200, blank=True)
    trace_id = models.CharField(max_length=32, blank=True)
    user_hash = models.BigIntegerField(null=True)
    user_hashes = ArrayField(
        models.BigIntegerField(), default=list, help_text="Of each field of the user, by which events are searched."
    )
    platform = models.CharField(max_length=64, blank=True, default="", help_text="As the SDK names it: python.")
    tags = models.JSONField(default=dict)
    chain = models.JSONField(
        default=list, help_text="Type and value of its exceptions, the reported one first: what signatures match."
    )
    places = models.JSONField(
        default=list, help_text="Where its frames are, `module:function`, the application's own first, each once."
    )
    body = models.BinaryField(
        null=True,
        help_text="The scrubbed event: JSON, zstd-compressed (telemetry.bodies); null when capped in a flood.",
    )

    objects = EventManager()

    class Meta:
        managed = False
        db_table = "detections_event"

    def __str__(self) -> str:
        return self.event_id.hex
