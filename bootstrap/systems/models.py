"""Systems, applications, environments, flags and variables."""

from __future__ import annotations

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from bootstrap.systems.environment_names import folded, tidy_aliases
from bootstrap.systems.names_once import names_once
from bootstrap.systems.setting.fields import SettingFields
from bootstrap.systems.value_rules import expected_values as expected
from bootstrap.systems.value_rules import formats
from bootstrap.systems.value_rules.validators import validate_expected_values, validate_format_rule


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class System(SettingFields):
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
        help_text="Other names that events may carry, comma-separated: production, live. Each belongs to one "
        "environment of the system. Left empty when you add an environment: the usual ones.",
    )

    class Meta:
        ordering = ["system__name", "slug"]
        constraints = [models.UniqueConstraint(fields=["system", "slug"], name="environment_slug_per_system")]
        triggers = [names_once()]

    def __str__(self) -> str:
        return self.path

    @property
    def path(self) -> str:
        """`system/environment`, as commands and addresses name it."""
        return f"{self.system.slug}/{self.slug}"

    @property
    def names(self) -> list[str]:
        """The slug and the aliases, folded: what events may call it."""
        return [folded(self.slug), *tidy_aliases(self.aliases, self.slug)]

    def clean(self) -> None:
        """Tidies the aliases. Raises ValidationError where another environment of the system has one of its names."""
        self.aliases = tidy_aliases(self.aliases or (), self.slug)
        for other in Environment.objects.filter(system=self.system_id).exclude(pk=self.pk).select_related("system"):
            if clash := sorted(set(self.names) & set(other.names)):
                raise ValidationError(f"{other.path} is called {', '.join(clash)}: a name belongs to one environment.")


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Deployment(SettingFields):
    """An application in an environment. `host_name` is its name at the host (raxx-api-prod)."""

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="deployments")
    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="deployments")
    host_name = models.CharField(max_length=100, help_text="What commands call it at its host, e.g. raxx-api-prod.")
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


# Inserts are tracked per statement: an import adds thousands at once, and triggers per row took most of its time.
@pghistory.track(pghistory.InsertEvent(level=pghistory.Statement), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class ConfigVar(models.Model):
    """A configuration variable of an application. The console knows its name and rules, never its value.

    Runbooks and people write the same fields. `imported` has the values of the last import, so that the next one
    (`importer/store/write_variables.py`) changes only what nobody has edited since; `example` is the same of the last
    `.env.example` (`systems/example/write.py`).
    """

    class FailureMode(models.TextChoices):
        BOOT_FAIL = "boot_fail", "The application does not start"
        HTTP_501 = "http_501", "Its routes answer 501"
        HTTP_503 = "http_503", "Its routes answer 503"
        SILENT_SKIP = "silent_skip", "What needs it is skipped, silently"
        SILENT_NOOP = "silent_noop", "Calls do nothing, silently"
        DEGRADE_AND_LOG = "degrade_and_log", "Works with less, and logs it"
        FALLBACK_TO = "fallback_to", "Another variable is used in its place"

    class SourceKind(models.TextChoices):
        VAULT = "vault", "Vault"
        HOST_MANAGED = "host_managed", "Managed by the host"
        INLINE = "inline", "Set inline"
        OTHER = "other", "Elsewhere"

    class ReadAt(models.TextChoices):
        BOOT = "boot", "Start"
        INIT = "init", "Initialisation"
        CALL = "call", "Each call"

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="variables")
    name = models.CharField(max_length=100)
    config_key = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True, help_text="What it is for.")
    secret = models.BooleanField(default=True)
    required_when = models.CharField(max_length=300, blank=True, help_text="Prose or an expression over flags.")
    must_not_be_set = models.BooleanField(default=False, help_text="Forbidden: a report that has it is a finding.")
    accepted = models.TextField(blank=True, help_text="Accepted values or format, in words.")
    accepted_values = ArrayField(
        models.CharField(max_length=200, blank=True),
        default=list,
        blank=True,
        help_text="The literal values that are accepted, where there are such; never a secret one.",
    )
    expected_values = models.JSONField(
        default=dict,
        blank=True,
        validators=[validate_expected_values],
        help_text='The literal it has to be, by environment, "*" for every other: {"prod": "production", "*": ""}. '
        "An empty one: any value will do. Never of a secret variable.",
    )
    format_rule = models.CharField(
        max_length=200,
        blank=True,
        validators=[validate_format_rule],
        help_text=f"One of {formats.ALLOWED}.",
    )
    default = models.CharField(max_length=300, blank=True)
    empty_is_unset = models.BooleanField(
        default=True, help_text="The application takes an empty value as none; otherwise empty is a value of its own."
    )
    failure_mode = models.CharField(
        max_length=15, choices=FailureMode.choices, blank=True, help_text="What happens where it is missing."
    )
    fallback_to = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="stands_in_for"
    )
    impact = models.TextField(blank=True, help_text="What that means for people.")
    consumers = ArrayField(
        models.CharField(max_length=200), default=list, blank=True, help_text="What reads it: files, services."
    )
    read_at = models.CharField(max_length=4, choices=ReadAt.choices, blank=True)
    source_kind = models.CharField(max_length=12, choices=SourceKind.choices, blank=True)
    source_path = models.CharField(max_length=300, blank=True, help_text="Where its value lies, e.g. a vault path.")
    generator = models.CharField(max_length=300, blank=True, help_text="A command that prints a fresh value.")
    imported = models.JSONField(
        default=dict, blank=True, editable=False, help_text="By field, what the newest runbook said."
    )
    example = models.JSONField(
        default=dict, blank=True, editable=False, help_text="By field, what the newest .env.example said."
    )

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["app", "name"], name="variable_name_per_app"),
            models.CheckConstraint(
                condition=Q(fallback_to__isnull=True) | ~Q(fallback_to=models.F("id")), name="no_fallback_to_itself"
            ),
        ]
        verbose_name = "variable"

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Raises ValidationError where a literal is expected of a secret variable or of a flag."""
        refused = expected.refusal(self.name, secret=self.secret)
        if self.expected_values and refused:
            raise ValidationError({"expected_values": refused})

    def expected_in(self, environment: str) -> str:
        """The literal it has to be in the environment with this slug; empty where any will do or it is secret."""
        if not self.expected_values or expected.refusal(self.name, secret=self.secret):
            return ""
        return expected.wanted_in(self.expected_values, environment)

    def words_in(self, environment: str) -> list[str]:
        """The literals that its agent compares it with there; `accepted_index` of a report points into this list."""
        return expected.words_asked(self.accepted_values, self.expected_in(environment))


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class ConfigConstraint(models.Model):
    """A constraint between variables, also of different applications, within each environment.

    MUST_EQUAL and MUST_DIFFER are judged by the fingerprints of the group `name`. FALLS_BACK_TO: a variable without a
    value uses that of the next member by `position`.
    """

    class Kind(models.TextChoices):
        MUST_EQUAL = "must_equal", "Must be equal"
        MUST_DIFFER = "must_differ", "Must differ"
        FALLS_BACK_TO = "falls_back_to", "Falls back to"

    system = models.ForeignKey(System, on_delete=models.CASCADE, related_name="constraints")
    name = models.SlugField(max_length=100, help_text="Names the group whose values are compared.")
    kind = models.CharField(max_length=13, choices=Kind.choices)
    environment = models.ForeignKey(
        Environment,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="constraints",
        help_text="Empty: in each environment by itself.",
    )
    reason = models.TextField(blank=True, help_text="Why, and what breaks otherwise.")

    class Meta:
        ordering = ["system", "name"]
        constraints = [models.UniqueConstraint(fields=["system", "name"], name="constraint_name_per_system")]
        verbose_name = "constraint between variables"
        verbose_name_plural = "constraints between variables"

    def __str__(self) -> str:
        return self.name


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class ConstrainedVariable(models.Model):
    """A variable that is a member of a constraint."""

    constraint = models.ForeignKey(ConfigConstraint, on_delete=models.CASCADE, related_name="members")
    variable = models.ForeignKey(ConfigVar, on_delete=models.CASCADE, related_name="constrained_by")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["constraint", "position", "pk"]
        constraints = [models.UniqueConstraint(fields=["constraint", "variable"], name="constrained_once")]

    def __str__(self) -> str:
        return f"{self.variable} in {self.constraint}"
