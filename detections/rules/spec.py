"""Pure: what a rule says, as immutable structs with a JSON form (no ORM).

`RuleSpec` is the content of one rule version. `decode` reads plain data (JSON, YAML) and names the field and what is
allowed where something is wrong; `encode` gives plain data back; `content_hash` names the content. Minutes are whole
minutes; severities are the words medium, high, critical.
"""

from __future__ import annotations

import hashlib
import itertools
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta

from detections.rules.patterns import PatternError, check_pattern
from detections.rules.statistics import ONE_SIDED_3_SIGMA, Method

SourceName = Literal["sentry", "router", "sentry_api", "api", "probe"]
SeverityName = Literal["medium", "high", "critical"]
GroupBy = Literal["prefix", "route", "issue", "none"]
Level = Literal["fatal", "error", "warning", "info", "debug"]
ERROR_LEVELS: tuple[Level, ...] = ("error", "fatal")
SEVERITIES: dict[str, int] = {"medium": 1, "high": 2, "critical": 3}  # as rules.models.Severity stores them

Text = Annotated[str, Meta(max_length=300)]
Name = Annotated[str, Meta(max_length=100)]
FixtureName = Annotated[str, Meta(pattern=r"^[a-z0-9_-]{1,100}$")]  # of a file: no path
Minutes = Annotated[int, Meta(ge=0, le=1440)]
Count = Annotated[int, Meta(ge=1, le=1_000_000)]


class SpecError(ValueError):
    """The content of a rule cannot be used; `field` is its path ("conditions[0].k"), the text says what is allowed."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.field = field
        self.message = message


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of every part: immutable, strict about unknown fields."""


class Source(Part, frozen=True):
    """Where counts come from. The rule stands on the first whose prerequisites hold and which delivers; never mixed."""

    source: SourceName
    prerequisites: tuple[
        Name, ...
    ] = ()  # predicates for the bootstrap gate: flag:NAME, var:NAME, item:KEY, section:SLUG


class Selector(Part, frozen=True):
    """Which events the rule counts. Empty text matches everything."""

    sources: Annotated[tuple[Source, ...], Meta(min_length=1)]
    project: Name = ""
    environment: Name = ""  # slug of the environment, not an alias
    route: Text = ""  # glob over the normalised route; * crosses slashes
    levels: Annotated[tuple[Level, ...], Meta(min_length=1)] = ERROR_LEVELS
    exception_type: Text = ""
    message_contains: Text = ""
    tags: dict[str, str] = {}
    status_class: Literal["", "5xx"] = ""  # of events, 5xx means unhandled: SDKs send no status of a crash

    def __post_init__(self) -> None:
        names = [s.source for s in self.sources]
        if len(set(names)) < len(names):
            raise ValueError("sources: name each source once")
        for source in self.sources:
            for predicate in source.prerequisites:
                kind, _, name = predicate.partition(":")
                if kind not in PREDICATES or not name:
                    raise ValueError(
                        f"sources: the prerequisite {predicate!r} is not one of "
                        + ", ".join(f"{k}:<name>" for k in PREDICATES)
                    )


PREDICATES = ("flag", "var", "item", "section")


class Floors(Part, frozen=True):
    """Absolute counts in a sliding window. None switches a step off."""

    medium: Count | None = 1
    high: Count | None = 3
    critical: Count | None = 10

    def __post_init__(self) -> None:
        steps = [n for n in (self.medium, self.high, self.critical) if n is not None]
        if any(a >= b for a, b in itertools.pairwise(steps)):
            raise ValueError("floors: must rise, medium < high < critical")


class Exceedance(Part, frozen=True, tag_field="kind", tag="exceedance"):
    """More than usual: floors, and after a week the comparison with the baseline of the same scope.

    `floor_mode` always: floors stay in force beside the statistics. gated: after the baseline is established the
    floors count only where the statistics agree (design: medium at alpha, high at `high_alpha` or sustained or a busy
    hour, critical as high with the critical floor).
    """

    window_minutes: Annotated[int, Meta(ge=1, le=30)] = 5
    method: Method = "nb_tail"
    k: Annotated[float, Meta(ge=1, le=20)] = 3.0
    alpha: Annotated[float, Meta(gt=0, lt=0.5)] = ONE_SIDED_3_SIGMA
    high_alpha: Annotated[float, Meta(gt=0, lt=0.5)] = 1e-5
    hour_alpha: Annotated[float, Meta(gt=0, lt=0.5)] = 1e-4
    floors: Floors = Floors()
    floor_mode: Literal["always", "gated"] = "gated"
    early_from_hours: Annotated[int, Meta(ge=24, le=168)] | None = None  # statistics before the week is full
    alarms_per_week: Annotated[float, Meta(gt=0, le=10_000)] | None = None  # budget over all series; replaces alpha


# The kinds of condition, told apart by `kind`; a further kind is one more struct in this union and in decide.py.
Condition = Exceedance


class Signature(Part, frozen=True):
    """A known failure. Non-empty patterns must all match; the first signature that matches names cause and owner."""

    name: Name
    cause: Text
    owner: Name
    exception: Text = ""
    logger: Text = ""
    message: Text = ""
    syntax: Literal["substring", "regex"] = "substring"
    unreported: bool = False  # router 5xx lines on the scope while no event came
    times: Count = 1
    minutes: Annotated[int, Meta(ge=1, le=60)] = 5
    severity: SeverityName | None = None  # None: names the cause of what fires otherwise, fires nothing itself

    def __post_init__(self) -> None:
        if bool(self.exception or self.logger or self.message) == self.unreported:
            raise ValueError("message: give exception, logger or message, or set unreported; not both, not neither")
        for field in ("exception", "logger", "message"):
            try:
                check_pattern(getattr(self, field), self.syntax)
            except PatternError as error:
                raise ValueError(f"{field}: {error}") from None


class Escalation(Part, frozen=True):
    """Whom to call. `when` is empty for the first response."""

    owner: Name
    when: Text = ""


class Guardrail(Part, frozen=True):
    """What not to do, shown where someone is about to do it. `enforce` makes the edit form ask for a reason."""

    text: Annotated[str, Meta(max_length=600)]
    enforce: Literal["", "no_tuning_before_baseline"] = ""


class RuleSpec(Part, frozen=True):
    """All that one version of a rule says."""

    title: Annotated[str, Meta(min_length=1, max_length=200)]
    selector: Selector
    category: Annotated[str, Meta(max_length=40)] = ""
    owner: Name = ""
    group_by: GroupBy = "route"
    conditions: Annotated[tuple[Condition, ...], Meta(max_length=1)] = ()
    signatures: tuple[Signature, ...] = ()
    for_minutes: Minutes = 0
    keep_firing_minutes: Minutes = 5
    escalation: tuple[Escalation, ...] = ()
    guardrails: tuple[Guardrail, ...] = ()
    labels: dict[str, str] = {}
    documentation: Annotated[str, Meta(max_length=20_000)] = ""
    fixtures: tuple[FixtureName, ...] = ()
    expected_false_positives_per_week: Annotated[float, Meta(ge=0)] | None = None
    expected_false_positives_note: Text = ""
    claimed_validation: Annotated[str, Meta(pattern=r"^(\d{4}-\d{2}-\d{2})?$")] = ""
    parent: Name = ""  # identifier of the wider rule that stays quiet while this one fires

    def __post_init__(self) -> None:
        if not self.conditions and not any(s.severity for s in self.signatures):
            raise ValueError("conditions: give one, or a signature with a severity; else the rule never fires")
        if self.group_by == "prefix" and not self.selector.route:
            raise ValueError("group_by: prefix needs a route glob in the selector")

    @property
    def exceedance(self) -> Exceedance | None:
        return self.conditions[0] if self.conditions else None

    @property
    def first_response(self) -> str:
        return next((e.owner for e in self.escalation if not e.when), self.owner)


def decode(data: Any) -> RuleSpec:
    """A RuleSpec from plain data (dicts, lists, text, numbers). Raises SpecError: the field and what is allowed."""
    try:
        return msgspec.convert(data, RuleSpec)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        raise SpecError(path.rstrip("`").lstrip("."), message + _allowed(message, path)) from None


def encode(spec: RuleSpec) -> dict[str, Any]:
    """Plain JSON data that `decode` reads back. Defaults are written out: a later default must not change a version."""
    data: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(spec))
    return data


def brief(part: Part) -> dict[str, Any]:
    """Plain data without the fields that hold their default: what people read and write in packs."""
    data: dict[str, Any] = {}
    config = part.__struct_config__
    if config.tag_field:
        data[config.tag_field] = config.tag
    for field in msgspec.structs.fields(part):
        value = getattr(part, field.name)
        if field.required or value != field.default:
            data[field.name] = _brief_value(value)
    return data


def _brief_value(value: Any) -> Any:
    if isinstance(value, Part):
        return brief(value)
    if isinstance(value, tuple):
        return [_brief_value(item) for item in value]
    return value


def content_hash(spec: RuleSpec) -> str:
    """SHA-256 of the canonical JSON: equal exactly when the content is."""
    return hashlib.sha256(msgspec.json.encode(spec, order="sorted")).hexdigest()


def _allowed(message: str, path: str) -> str:
    """msgspec says that a word or field is unknown, but not which ones there are."""
    field = path.rstrip("`").rsplit(".", 1)[-1].split("[")[0]
    if message.startswith(("Invalid enum value", "Invalid value")) and field in CHOICES:
        return f"; allowed: {', '.join(repr(choice) for choice in CHOICES[field])}"
    if "unknown field" in message:
        struct = PARTS.get(field, RuleSpec)
        return f"; allowed: {', '.join(f.name for f in msgspec.structs.fields(struct))}"
    return ""


CHOICES: dict[str, tuple[str, ...]] = {
    "source": get_args(SourceName),
    "severity": get_args(SeverityName),
    "group_by": get_args(GroupBy),
    "levels": get_args(Level),
    "method": get_args(Method),
    "floor_mode": ("always", "gated"),
    "syntax": ("substring", "regex"),
    "status_class": ("", "5xx"),
    "enforce": ("", "no_tuning_before_baseline"),
    "kind": ("exceedance",),
}
PARTS: dict[str, type[Part]] = {
    "selector": Selector,
    "sources": Source,
    "conditions": Exceedance,
    "floors": Floors,
    "signatures": Signature,
    "escalation": Escalation,
    "guardrails": Guardrail,
}
