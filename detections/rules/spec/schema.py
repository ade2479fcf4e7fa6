"""Pure: what a rule says, as immutable structs with a JSON form (no ORM).

`RuleSpec` is the content of one rule version. `decode` reads plain data (JSON, YAML) and names the field and what is
allowed where something is wrong; `encode` gives plain data back; `content_hash` names the content. Minutes are whole
minutes; severities are the words medium, high, critical.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal, TypeVar, get_args

import msgspec
from msgspec import Meta

from detections.rules.spec import conditions
from detections.rules.spec.conditions import CONDITIONS, Condition, Exceedance, FindingKind, FindingSeverities, Floors
from detections.rules.spec.patterns import PatternError, check_pattern
from detections.rules.spec.primitives import Count, Minutes, Name, Part, SeverityName, Text
from detections.rules.statistics.tails import Method
from opsconsole.lib.db import storable

CONFIG: Final = "config"  # the source of rules over configuration findings: what agents reported
CONSOLE: Final = "console"  # the source of rules over rules: what this console made of its own slots
SourceName = Literal["sentry", "router", "sentry_api", "api", "probe", "config", "console"]
GroupBy = Literal["prefix", "route", "issue", "variable", "rule", "none"]
Level = Literal["fatal", "error", "warning", "info", "debug"]
ERROR_LEVELS: tuple[Level, ...] = ("error", "fatal")
SEVERITIES: dict[str, int] = {"medium": 1, "high": 2, "critical": 3}  # as rules.models.Severity stores them

# Of a rule: it stands in addresses, logs and messages.
IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
IDENTIFIER_ALLOWED = "letters, digits, dots, dashes and underscores, at most 40, beginning with a letter or digit"

FixtureName = Annotated[str, Meta(pattern=r"^[a-z0-9_-]{1,100}$")]  # of a file: no path


C = TypeVar("C", bound=Condition)


class SpecError(ValueError):
    """The content of a rule cannot be used; `field` is its path ("conditions[0].k"), the text says what is allowed."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.field = field
        self.message = message


class Source(Part, frozen=True):
    """Where counts come from. The rule stands on the first whose prerequisites hold and which delivers; never mixed."""

    source: SourceName
    prerequisites: tuple[
        Name, ...
    ] = ()  # predicates for the bootstrap gate: flag:NAME, var:NAME, var:APP/NAME, item:KEY, section:SLUG


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


PATTERNS = ("exception", "logger", "message", "place")  # of a signature


class Signature(Part, frozen=True):
    """A known failure. Non-empty patterns must all match; the first signature that matches names cause and owner.

    `exception` and `message` are looked for in the event and in each exception of its chain, both in the same one;
    `place` in `module:function` of its frames.
    """

    name: Name
    cause: Text
    owner: Name
    exception: Text = ""
    logger: Text = ""
    message: Text = ""
    place: Text | msgspec.UnsetType = msgspec.UNSET  # unset is not written out: older versions keep their hash
    syntax: Literal["substring", "regex"] = "substring"
    unreported: bool = False  # router 5xx lines on the scope while no event came
    times: Count = 1
    minutes: Annotated[int, Meta(ge=1, le=60)] = 5
    severity: SeverityName | None = None  # None: names the cause of what fires otherwise, fires nothing itself

    def __post_init__(self) -> None:
        if any(map(self.pattern, PATTERNS)) == self.unreported:
            raise ValueError(
                "message: give exception, logger, message or place, or set unreported; not both, not neither"
            )
        for field in PATTERNS:
            try:
                check_pattern(self.pattern(field), self.syntax)
            except PatternError as error:
                raise ValueError(f"{field}: {error}") from None

    def pattern(self, field: str) -> str:
        """What is looked for in one of PATTERNS; empty: anything will do."""
        return getattr(self, field) or ""


class Escalation(Part, frozen=True):
    """Whom to call. `when` is empty for the first response."""

    owner: Name
    when: Text = ""


class Guardrail(Part, frozen=True):
    """What not to do, shown where someone is about to do it; whole sentences, since they stand under headings, in forms
    and in errors alike. `enforce` makes the edit form ask for a reason."""

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
        if problem := _mixed(self):
            raise ValueError(problem)

    @property
    def kind(self) -> str:
        """The kind of its condition; a rule of signatures alone is judged as one that counts."""
        return next((c.kind() for c in self.conditions), Exceedance.kind())

    def condition_of(self, type_: type[C]) -> C | None:
        """Its condition of one kind; None where it has another or none."""
        return next((c for c in self.conditions if isinstance(c, type_)), None)

    @property
    def exceedance(self) -> Exceedance | None:
        """The condition of a rule that compares counts."""
        return self.condition_of(Exceedance)

    @property
    def counts(self) -> bool:
        """Whether it counts events; else it reads what something else recorded."""
        return all(c.counts for c in self.conditions)

    @property
    def fixture_words(self) -> str:
        """What its fixtures consist of, in the plural."""
        return next((c.fixture_words for c in self.conditions), Exceedance.fixture_words)

    @property
    def first_response(self) -> str:
        return next((e.owner for e in self.escalation if not e.when), self.owner)


def _mixed(spec: RuleSpec) -> str:
    """What a rule says that only another kind of rule can mean; empty where nothing is mixed."""
    sources = [source.source for source in spec.selector.sources]
    condition = next((c for c in spec.conditions if not c.counts), None)
    if condition is None:
        return _needs_another_kind(sources, spec.group_by)
    kind = condition.kind()
    if sources != [condition.source]:
        return f"sources: a rule of kind {kind} has the one source {condition.source}"
    if spec.group_by != condition.group_by:
        return f"group_by: a rule of kind {kind} groups by {condition.group_by}"
    if spec.signatures:
        return f"signatures: a rule of kind {kind} sees no events, so it can recognise none"
    plain = Selector(spec.selector.sources, spec.selector.project, spec.selector.environment)
    return (
        "" if spec.selector == plain else f"selector: of {condition.about} only project and environment can be chosen"
    )


def _needs_another_kind(sources: Sequence[str], group_by: str) -> str:
    """What a rule that counts events takes from a kind that does not."""
    for condition in (c for c in conditions.CONDITIONS if not c.counts):
        kind, source = condition.kind(), condition.source
        if source in sources:
            return f"sources: {source} has findings and no counts; it needs a condition of kind {kind}"
        if condition.group_by == group_by:
            return f"group_by: {group_by} is for rules of kind {kind}"
    return ""


def decode(data: Any) -> RuleSpec:
    """A RuleSpec from plain data (dicts, lists, text, numbers). Raises SpecError: the field and what is allowed."""
    if unstorable := storable.problem(data):
        raise SpecError(*unstorable)
    try:
        return msgspec.convert(data, RuleSpec, dec_hook=conditions.convert)
    except RecursionError:
        raise SpecError("", "is nested too deeply") from None
    except msgspec.ValidationError as error:
        message, *paths = str(error).split(" - at `$")  # the innermost first, where one conversion calls another
        path = "".join(part.rstrip("`") for part in reversed(paths))
        raise SpecError(path.lstrip("."), message + _allowed(message, path)) from None


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
    field = path.rpartition(".")[2].partition("[")[0]
    if message.startswith(("Invalid enum value", "Invalid value")) and field in CHOICES:
        return f"; allowed: {', '.join(repr(choice) for choice in CHOICES[field])}"
    if "unknown field" in message:
        structs = PARTS.get(field, (RuleSpec,))
        return f"; allowed: {', '.join(f.name for struct in structs for f in msgspec.structs.fields(struct))}"
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
    "kind": tuple(condition.kind() for condition in CONDITIONS),
    "kinds": get_args(FindingKind),
    "critical": get_args(SeverityName),
    "warning": get_args(SeverityName),
    "info": get_args(SeverityName),
}
PARTS: dict[str, tuple[type, ...]] = {
    "selector": (Selector,),
    "sources": (Source,),
    "conditions": CONDITIONS,
    "floors": (Floors,),
    "severities": (FindingSeverities,),
    "signatures": (Signature,),
    "escalation": (Escalation,),
    "guardrails": (Guardrail,),
}
