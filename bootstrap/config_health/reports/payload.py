"""The schema of a report, validated strictly (no ORM): names, words and numbers, nothing that could be a value.

Errors say where something is wrong and what is allowed there, never what was sent: a value that somebody sends by
mistake does not get further than this file.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

MAX_BYTES = 1024 * 1024  # bytes; 2,000 variables with fingerprints take some 400 KB
MAX_VARIABLES = 2000  # variables, and other names; a large application has 200
MAX_GROUPS = 20
MAX_NOTES = 200
_MAX_ERRORS_SHOWN = 5  # errors that an answer lists

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$")]
GroupName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:/=-]{1,200}$")]
Fingerprint = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,50}$")]
_STRICT = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


class VariableIn(BaseModel):
    """One variable as the agent judged it."""

    model_config = _STRICT
    name: Name
    state: Literal["set", "empty", "unset", "unseen", "unknown"]
    format_ok: bool | None = None
    accepted_index: Annotated[int, Field(ge=0, lt=100)] | None = None
    fingerprints: Annotated[dict[GroupName, Fingerprint], Field(max_length=MAX_GROUPS)] = {}


class ReadNoteIn(BaseModel):
    """What else an agent says of a variable: its name is doubled, it holds an expression, its value is elsewhere."""

    model_config = _STRICT
    name: Name
    kind: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,30}$")]  # agents of later versions may know more
    lines: Annotated[list[Annotated[int, Field(ge=1, lt=10**9)]], Field(max_length=20)] = []


class FactsIn(BaseModel):
    """Facts about the deployment besides its variables."""

    model_config = _STRICT
    workers: Annotated[int, Field(ge=0, le=100_000)] | None = None


class ReportIn(BaseModel):
    """A report. `environment` and `app` are for general API tokens; a report token belongs to one deployment."""

    model_config = _STRICT
    format: Literal[1] = Field(alias="schema")
    agent: Annotated[str, StringConstraints(pattern=r"^[0-9][0-9.]{0,19}$")] | None = None
    manifest: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None
    reported_at: AwareDatetime
    release: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+/@-]{0,99}$")] | None = None
    facts: FactsIn = FactsIn()
    variables: Annotated[list[VariableIn], Field(max_length=MAX_VARIABLES)]
    other_names: Annotated[list[Name], Field(max_length=MAX_VARIABLES)] = []
    complete: bool = True
    notes: Annotated[list[ReadNoteIn], Field(max_length=MAX_NOTES)] = []
    environment: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,50}/[A-Za-z0-9_-]{1,50}$")] | None = None
    app: Slug | None = None

    @model_validator(mode="after")
    def _each_variable_once(self) -> ReportIn:
        if len({variable.name for variable in self.variables}) < len(self.variables):
            raise ValueError("each variable is reported once")
        return self


class InvalidReportError(ValueError):
    """The body is not a valid report. The message is safe to show: it repeats nothing of the body."""


def read(body: bytes) -> ReportIn:
    """The report in a request's body. Raises InvalidReportError."""
    try:
        return ReportIn.model_validate_json(body)
    except ValidationError as error:
        raise InvalidReportError(
            _describe(error.errors(include_url=False, include_context=False, include_input=False))
        ) from None


def schema() -> dict[str, Any]:
    """The JSON Schema of a report with all definitions inlined."""
    whole = ReportIn.model_json_schema()
    inlined = _inlined(whole, whole.pop("$defs"))
    assert isinstance(inlined, dict)
    return inlined


def _inlined(part: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(part, list):
        return [_inlined(each, definitions) for each in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return _inlined(definitions[part["$ref"].rpartition("/")[2]], definitions)
    return {name: _inlined(each, definitions) for name, each in part.items()}


def _describe(errors: Iterable[Any]) -> str:
    lines = list(dict.fromkeys(f"{_place(error['loc'])}: {_message(error)}" for error in errors))
    more = f"; and {len(lines) - _MAX_ERRORS_SHOWN} more" if len(lines) > _MAX_ERRORS_SHOWN else ""
    return "; ".join(lines[:_MAX_ERRORS_SHOWN]) + more


_OWN_KEYS = frozenset(
    name
    for model in (ReportIn, FactsIn, ReadNoteIn, VariableIn)
    for name in ("schema", *model.model_fields)
    if name != "format"
)


def _place(location: tuple[int | str, ...]) -> str:
    """The path of an error, e.g. `variables.3.state`, without keys that are not in the schema: they may be secrets."""
    return ".".join(str(part) for part in location if isinstance(part, int) or part in _OWN_KEYS) or "report"


def _message(error: Any) -> str:
    known = {
        "extra_forbidden": "has a key that reports do not have; values are never taken in",
        "json_invalid": "is no JSON",
    }
    return known.get(error["type"], str(error["msg"]).removeprefix("Value error, "))
