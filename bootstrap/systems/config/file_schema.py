"""The schema of `required-config-vars.yaml` (no ORM): variables, flags and constraints of a system.

It has names, rules and public literals, but no key for a secret value. Unknown keys are refused: a misspelt rule would
silently have no effect.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from bootstrap.systems.value_rules import expected_values as expected
from bootstrap.systems.value_rules import formats
from opsconsole.lib.db import storable
from opsconsole.lib.text import yaml

LARGEST: Final = 1024 * 1024  # characters; 2,000 variables take half of that
HEAD: Final = "# Names and rules of configuration variables (docs/operations.md). Values are never written here.\n"

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]{0,99}$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,50}$")]
Line = Annotated[str, StringConstraints(max_length=300)]
Short = Annotated[str, StringConstraints(max_length=200)]
_STRICT = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


class ConfigFileError(ValueError):
    """The file is not valid. The message names the key and what is allowed there."""


class VariableEntry(BaseModel):
    """One variable. A key that is left out leaves the field unchanged; `""`, `[]` or `{}` empties it."""

    model_config = _STRICT
    name: Name
    secret: bool | None = None
    config_key: Short | None = None
    description: str | None = None
    required_when: Line | None = None
    must_not_be_set: bool | None = None
    accepted: str | None = None
    accepted_values: list[Short] | None = None
    expected_values: dict[str, str] | None = None
    format: Short | None = None
    default: Line | None = None
    empty_is_unset: bool | None = None
    failure_mode: (
        Literal["", "boot_fail", "http_501", "http_503", "silent_skip", "silent_noop", "degrade_and_log", "fallback_to"]
        | None
    ) = None
    fallback_to: str | None = None
    impact: str | None = None
    consumers: list[Short] | None = None
    read_at: Literal["", "boot", "init", "call"] | None = None
    source_kind: Literal["", "vault", "host_managed", "inline", "other"] | None = None
    source: Line | None = None
    generator: Line | None = None

    @field_validator("format")
    @classmethod
    def _is_a_rule(cls, rule: str | None) -> str | None:
        if rule:
            formats.validate(rule)
        return rule

    @field_validator("expected_values")
    @classmethod
    def _are_literals(cls, values: dict[str, str] | None) -> dict[str, str] | None:
        if values:
            expected.validate(values)
        return values


class FlagEntry(BaseModel):
    model_config = _STRICT
    name: Name
    aliases: list[Annotated[str, StringConstraints(min_length=1, max_length=100)]] | None = None
    description: str | None = None


class ConstraintEntry(BaseModel):
    """A constraint. `variables` are given as `app/NAME`; without `environment` it applies within each environment."""

    model_config = _STRICT
    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,100}$")]
    kind: Literal["must_equal", "must_differ", "falls_back_to"]
    variables: Annotated[list[str], Field(min_length=2)]
    environment: Slug | None = None
    reason: str = ""


class ConfigFile(BaseModel):
    """The whole file."""

    model_config = _STRICT
    format: Literal[1] = Field(alias="schema")
    system: Slug
    apps: dict[Slug, list[VariableEntry]] = {}
    flags: list[FlagEntry] = []
    constraints: list[ConstraintEntry] = []


def read(text: str) -> ConfigFile:
    """Parse and validate the text of a file. Raises ConfigFileError."""
    if len(text) > LARGEST:
        raise ConfigFileError("the file has more than a million characters; that is no list of variables")
    try:
        data = yaml.load(text, strict=True)
        if unstorable := storable.problem(data):
            raise ConfigFileError(f"{unstorable[0] or 'the file'}: {unstorable[1]}")
        content = ConfigFile.model_validate(data)
    except yaml.YamlError as error:
        raise ConfigFileError(str(error)) from None
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
        lines = (f"line {yaml.line_of(text, each['loc'])}: {_describe(each)}" for each in errors[:10])
        raise ConfigFileError("\n".join(dict.fromkeys(lines))) from None
    _each_once(content)
    return content


def write(content: Mapping[str, Any]) -> str:
    """The text of a file with this content, keys in the order given."""
    return HEAD + yaml.dump(dict(content), width=116)


def _each_once(content: ConfigFile) -> None:
    lists: dict[str, Iterable[str]] = {f"apps.{app}": [v.name for v in rows] for app, rows in content.apps.items()}
    lists |= {
        "flags": [flag.name for flag in content.flags],
        "constraints": [each.name for each in content.constraints],
    }
    for place, names in lists.items():
        seen: set[str] = set()
        for name in names:
            if name in seen:
                raise ConfigFileError(f"{place}: {name} stands there twice")
            seen.add(name)


_KEYS: dict[str, type[BaseModel]] = {"apps": VariableEntry, "flags": FlagEntry, "constraints": ConstraintEntry}


def _describe(error: Any) -> str:
    """An error in words, e.g. `apps.raxx-api[3].format: …`, with what is allowed."""
    location = [part for part in error["loc"] if part != "[key]"]
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")
    if error["type"] == "extra_forbidden":
        model = _KEYS.get(str(location[0]), ConfigFile) if len(location) > 1 else ConfigFile
        keys = ", ".join(field.alias or name for name, field in model.model_fields.items())
        return f"{place}: no such key; allowed: {keys}"
    message = str(error["msg"]).removeprefix("Value error, ").replace("Input should be ", "it has to be ")
    hint = " (in quotes, where YAML takes it for something else)" if error["type"] == "string_type" else ""
    return f"{place or 'the file'}: {message}{hint}"
