"""What a report may look like, checked strictly (no ORM): names, words and numbers, nothing that could be a value.

Errors say where and what would be right, never what came: a value sent by mistake goes no further than this file.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

LARGEST = 1024 * 1024  # bytes; 2,000 variables with fingerprints take some 400 KB
MOST = 2000  # variables, and other names; a large application has 200
MOST_GROUPS = 20
_TOLD = 5  # errors that an answer lists

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$")]
Group = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:/=-]{1,200}$")]
Fingerprint = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,50}$")]
_STRICT = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


class VariableIn(BaseModel):
    """One variable as the agent judged it."""

    model_config = _STRICT
    name: Name
    state: Literal["set", "empty", "unset"]
    format_ok: bool | None = None
    accepted_index: Annotated[int, Field(ge=0, lt=100)] | None = None
    fingerprints: Annotated[dict[Group, Fingerprint], Field(max_length=MOST_GROUPS)] = {}


class FactsIn(BaseModel):
    """What else is known of the deployment."""

    model_config = _STRICT
    workers: Annotated[int, Field(ge=0, le=100_000)] | None = None


class ReportIn(BaseModel):
    """A report; `environment` and `app` are for general API tokens, as a report token names its deployment."""

    model_config = _STRICT
    format: Literal[1] = Field(alias="schema")
    agent: Annotated[str, StringConstraints(pattern=r"^[0-9][0-9.]{0,19}$")] | None = None
    manifest: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None
    reported_at: AwareDatetime
    release: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+/@-]{0,99}$")] | None = None
    facts: FactsIn = FactsIn()
    variables: Annotated[list[VariableIn], Field(max_length=MOST)]
    other_names: Annotated[list[Name], Field(max_length=MOST)] = []
    environment: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,50}/[A-Za-z0-9_-]{1,50}$")] | None = None
    app: Slug | None = None

    @model_validator(mode="after")
    def _each_variable_once(self) -> ReportIn:
        if len({variable.name for variable in self.variables}) < len(self.variables):
            raise ValueError("each variable is reported once")
        return self


class ReportError(ValueError):
    """The report is none; the message is safe to show: it repeats nothing of it."""


def read(body: bytes) -> ReportIn:
    """The report in a request's body. Raises ReportError."""
    try:
        return ReportIn.model_validate_json(body)
    except ValidationError as error:
        raise ReportError(_told(error.errors(include_url=False, include_context=False, include_input=False))) from None


def schema() -> dict[str, Any]:
    """What a report may look like as JSON Schema, in one piece: nothing refers to a definition elsewhere."""
    whole = ReportIn.model_json_schema()
    found = _whole(whole, whole.pop("$defs"))
    assert isinstance(found, dict)
    return found


def _whole(part: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(part, list):
        return [_whole(each, definitions) for each in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return _whole(definitions[part["$ref"].rpartition("/")[2]], definitions)
    return {name: _whole(each, definitions) for name, each in part.items()}


def _told(errors: Iterable[Any]) -> str:
    lines = list(dict.fromkeys(f"{_place(error['loc'])}: {_message(error)}" for error in errors))
    more = f"; and {len(lines) - _TOLD} more" if len(lines) > _TOLD else ""
    return "; ".join(lines[:_TOLD]) + more


_OWN_KEYS = frozenset(
    name for model in (ReportIn, FactsIn, VariableIn) for name in ("schema", *model.model_fields) if name != "format"
)


def _place(location: tuple[int | str, ...]) -> str:
    """`variables.3.state`; keys that are not ours are left out, as they may be anything."""
    return ".".join(str(part) for part in location if isinstance(part, int) or part in _OWN_KEYS) or "report"


def _message(error: Any) -> str:
    known = {
        "extra_forbidden": "has a key that reports do not have; values are never taken in",
        "json_invalid": "is no JSON",
    }
    return known.get(error["type"], str(error["msg"]).removeprefix("Value error, "))
