"""Systems, applications, environments, flags and variables (seed 001)."""

from __future__ import annotations

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class System(models.Model):
    """A set of applications that one team runs together, e.g. Raptor."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=100)
    owner = models.CharField(max_length=100, blank=True, help_text="Who answers for it, e.g. sre-agent.")
    description = models.TextField(blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class App(models.Model):
    """One application of a system; it sends telemetry through a project."""

    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="apps")
    slug = models.SlugField()
    name = models.CharField(max_length=100)

    class Meta:
        ordering = ["system__name", "name"]
        constraints = [models.UniqueConstraint(fields=["system", "slug"], name="app_slug_per_system")]
        verbose_name = "application"

    def __str__(self) -> str:
        return self.name


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Environment(models.Model):
    """Where a system runs: prod, staging, …; events name it by slug or alias (production = prod)."""

    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="environments")
    slug = models.SlugField()
    name = models.CharField(max_length=100)
    aliases = ArrayField(
        models.CharField(max_length=64),
        default=list,
        blank=True,
        help_text="Other names that events may carry, lower case, comma-separated: production, live.",
    )

    class Meta:
        ordering = ["system__name", "slug"]
        constraints = [models.UniqueConstraint(fields=["system", "slug"], name="environment_slug_per_system")]

    def __str__(self) -> str:
        return f"{self.system.slug}/{self.slug}"

    @property
    def path(self) -> str:
        """`system/environment`, as commands and addresses name it."""
        return f"{self.system.slug}/{self.slug}"


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Deployment(models.Model):
    """An application in an environment, under the name that its host knows it by (raxx-api-prod)."""

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="deployments")
    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="deployments")
    host_name = models.CharField(max_length=100, help_text="What commands call it: heroku … --app <host name>.")
    workers = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Worker processes, where known.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["app", "environment"], name="deployment_once")]

    def __str__(self) -> str:
        return self.host_name


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Flag(models.Model):
    """A feature flag of a system, with the other names it goes by (sentry_backend = FLAG_SENTRY_BACKEND)."""

    system = models.ForeignKey(System, on_delete=models.CASCADE, related_name="flags")
    name = models.CharField(max_length=100)
    aliases = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    description = models.TextField(blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["system", "name"], name="flag_name_per_system")]

    def __str__(self) -> str:
        return self.name


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class ConfigVar(models.Model):
    """A configuration variable of an application. The console knows its name and rules, never its value."""

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="variables")
    name = models.CharField(max_length=100)
    config_key = models.CharField(max_length=200, blank=True)
    secret = models.BooleanField(default=True)
    required_when = models.CharField(max_length=300, blank=True, help_text="Prose or an expression over flags.")
    accepted = models.TextField(blank=True, help_text="Accepted values or format.")
    default = models.CharField(max_length=300, blank=True)
    source_path = models.CharField(max_length=300, blank=True, help_text="Where its value lies, e.g. a vault path.")
    generator = models.CharField(max_length=300, blank=True, help_text="A command that prints a fresh value.")

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["app", "name"], name="variable_name_per_app")]
        verbose_name = "variable"

    def __str__(self) -> str:
        return self.name
