"""The fields of systems and deployments that say how variables are set there."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models

from bootstrap.systems.setting import own_template
from bootstrap.systems.setting.place import lacking, placeholder_error
from bootstrap.systems.setting.platforms import Platform

_FILLED_IN = "{host}, {app}, {environment} and {system} stand for those of the deployment."


def validate_placeholders(text: str) -> None:
    """Validate a field with placeholders. Raises ValidationError with what is allowed."""
    if error := placeholder_error(text):
        raise ValidationError(error)


def validate_template(text: str) -> None:
    """Validate a command that sets a variable. Raises ValidationError with what is wrong."""
    _checked(text, unset=False)


def validate_unset_template(text: str) -> None:
    """Validate a command that removes a variable. Raises ValidationError with what is wrong."""
    _checked(text, unset=True)


def _checked(text: str, *, unset: bool) -> None:
    try:
        own_template.check(text, unset=unset)
    except own_template.TemplateError as error:
        raise ValidationError(str(error)) from None


class SettingFields(models.Model):
    """How variables are set. A deployment's own words go before its system's; a platform of its own before all."""

    set_with = models.CharField(
        "set with",
        max_length=20,
        choices=Platform.choices,
        blank=True,
        help_text="Which commands set variables. Empty: not known for a system, as its system for a deployment.",
    )
    set_namespace = models.CharField(
        "namespace",
        max_length=100,
        blank=True,
        validators=[validate_placeholders],
        help_text=f"Kubernetes. Empty: that of the operator's context. {_FILLED_IN}",
    )
    set_holder = models.CharField(
        "name of what holds it",
        max_length=253,
        blank=True,
        validators=[validate_placeholders],
        help_text="The Secret or ConfigMap (empty: the host name), or the GitHub environment (empty: the slug). "
        f"{_FILLED_IN}",
    )
    set_path = models.CharField(
        "file",
        max_length=300,
        blank=True,
        validators=[validate_placeholders],
        help_text=f"Compose: the .env file; systemd: the EnvironmentFile; shell: a file that is sourced. {_FILLED_IN}",
    )
    set_repository = models.CharField(
        "repository",
        max_length=200,
        blank=True,
        validators=[validate_placeholders],
        help_text=f"GitHub: owner/repository. {_FILLED_IN}",
    )
    set_service = models.CharField(
        "what restarts",
        max_length=200,
        blank=True,
        validators=[validate_placeholders],
        help_text="Kubernetes: the workload, e.g. deployment/{host}; Compose: the service; systemd: the unit. "
        f"{_FILLED_IN}",
    )
    set_template = models.CharField(
        "own command",
        max_length=500,
        blank=True,
        validators=[validate_template],
        help_text="Reads the value from its standard input, e.g. vault kv patch secret/{host} {name}=-. Placeholders: "
        "{name}, {host}, {app}, {environment}, {system}; {generator}: a command that prints the value; {value}: the "
        "value as an argument, which process lists show.",
    )
    set_unset_template = models.CharField(
        "own command that removes one",
        max_length=500,
        blank=True,
        validators=[validate_unset_template],
        help_text="With the same placeholders, without {value} and {generator}. Empty: none is offered.",
    )

    class Meta:
        abstract = True

    def clean(self) -> None:
        """Raises ValidationError where the chosen platform needs a field that is empty."""
        super().clean()
        if missing := lacking(self.set_with, self.written):
            label = Platform(self.set_with).label
            raise ValidationError(dict.fromkeys(missing, f"{label} needs it."))

    @property
    def written(self) -> dict[str, str]:
        """The fields by name, without empty ones."""
        return {name: value for name in WRITTEN if (value := getattr(self, name))}


WRITTEN = (
    "set_namespace",
    "set_holder",
    "set_path",
    "set_repository",
    "set_service",
    "set_template",
    "set_unset_template",
)
