"""The shape of `required-config-vars.yaml` (no ORM): variables, flags and constraints of a system, and what is allowed.

Names, rules and public literals; there is no key that could hold a secret value. Unknown keys are refused, as a
misspelt rule would silently be none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from bootstrap.systems.value_rules import expected_values as expected
from bootstrap.systems.value_rules import formats

LARGEST: Final = 1024 * 1024  # characters; 2,000 variables take half of that
HEAD: Final = "# Names and rules of configuration variables (docs/operations.md). Values are never written here.\n"

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]{0,99}$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,50}$")]
Line = Annotated[str, StringConstraints(max_length=300)]
Short = Annotated[str, StringConstraints(max_length=200)]
_STRICT = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


class ConfigFileError(ValueError):
    """The file is no manifest; the message names the key and what is allowed there."""


class VariableIn(BaseModel):
    """One variable; a key that is left out leaves what the console knows, `""`, `[]` or `{}` empties it."""

    model_config = _STRICT
    name: Name
    secret: bool | None = None
    config_key: Short | None = None
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


class FlagIn(BaseModel):
    model_config = _STRICT
    name: Name
    aliases: list[Annotated[str, StringConstraints(min_length=1, max_length=100)]] | None = None
    description: str | None = None


class ConstraintIn(BaseModel):
    """`variables` as `app/NAME`; without `environment` it holds in each by itself."""

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
    apps: dict[Slug, list[VariableIn]] = {}
    flags: list[FlagIn] = []
    constraints: list[ConstraintIn] = []


def read(text: str) -> ConfigFile:
    """The file's content. Raises ConfigFileError."""
    if len(text) > LARGEST:
        raise ConfigFileError("the file has more than a million characters; that is no list of variables")
    try:
        found = ConfigFile.model_validate(yaml.load(text, Loader=_Loader))  # noqa: S506  a SafeLoader, below
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}: " if mark else ""
        raise ConfigFileError(f"{place}{getattr(error, 'problem', None) or 'it is no YAML'}") from None
    except RecursionError:
        raise ConfigFileError("it is nested too deeply") from None
    except ValidationError as error:
        told = error.errors(include_url=False, include_input=False)
        whole = yaml.compose(text, Loader=_Loader)
        raise ConfigFileError(
            "\n".join(dict.fromkeys(f"{_line(whole, each)}{_told(each)}" for each in told[:10]))
        ) from None
    _each_once(found)
    return found


def write(content: Mapping[str, Any]) -> str:
    """The file's text, in the order given."""
    return HEAD + yaml.dump(dict(content), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=116)


def _each_once(found: ConfigFile) -> None:
    lists: dict[str, Iterable[str]] = {f"apps.{app}": [v.name for v in rows] for app, rows in found.apps.items()}
    lists |= {"flags": [flag.name for flag in found.flags], "constraints": [each.name for each in found.constraints]}
    for place, names in lists.items():
        seen: set[str] = set()
        for name in names:
            if name in seen:
                raise ConfigFileError(f"{place}: {name} stands there twice")
            seen.add(name)


_KEYS: dict[str, type[BaseModel]] = {"apps": VariableIn, "flags": FlagIn, "constraints": ConstraintIn}


def _told(error: Any) -> str:
    """`apps.raxx-api[3].format: …`, with what is allowed."""
    location = [part for part in error["loc"] if part != "[key]"]
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")
    if error["type"] == "extra_forbidden":
        model = _KEYS.get(str(location[0]), ConfigFile) if len(location) > 1 else ConfigFile
        keys = ", ".join(field.alias or name for name, field in model.model_fields.items())
        return f"{place}: no such key; allowed: {keys}"
    message = str(error["msg"]).removeprefix("Value error, ").replace("Input should be ", "it has to be ")
    hint = " (in quotes, where YAML takes it for something else)" if error["type"] == "string_type" else ""
    return f"{place or 'the file'}: {message}{hint}"


def _line(whole: Any, error: Any) -> str:
    """`line 7: `, of the key or entry that an error is about, as far as it is there."""
    node, line = whole, 1
    for part in error["loc"]:
        found = None
        if isinstance(node, yaml.MappingNode):
            found = next((pair for pair in node.value if pair[0].value == str(part)), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            found = (node.value[part], node.value[part])
        if found is None:
            break
        line, node = found[0].start_mark.line + 1, found[1]
    return f"line {line}: "


class _Loader(yaml.SafeLoader):
    """YAML without what only hides mistakes here: keys that stand twice, references to other parts."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.composer.ComposerError(None, None, "references (*name) are not taken", self.get_mark())
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value} stands there twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


class _Dumper(yaml.SafeDumper):
    """Lists indented below their key, as people write them."""

    def represent_str(self, data: str) -> yaml.ScalarNode:
        """In double quotes, with escapes, what other styles fold or lose: line ends and blanks of every sort."""
        plain = all(part.isprintable() and part == part.strip() for part in (data, *data.splitlines()))
        plain = plain and not re.search(r"[^\S ]|  ", data)
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=None if plain else '"')

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


_Dumper.add_representer(str, _Dumper.represent_str)
