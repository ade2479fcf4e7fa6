"""Pure: the content of a rule as immutable structs with a JSON form (no ORM).

`RuleSpec` is the content of one version. `decode` reads plain data (from JSON or YAML), and its errors name the field
and the allowed values; `encode` returns plain data; `content_hash` identifies the content. Minutes are whole minutes;
severities are the words medium, high and critical.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeVar, get_args

import msgspec
from msgspec import Meta

from detections.rules.spec import conditions
from detections.rules.spec.conditions import (
    CONDITIONS,
    CheckName,
    Condition,
    Exceedance,
    FindingKind,
    FindingSeverities,
    Floors,
)
from detections.rules.spec.conditions.probe_check import CheckSeverity
from detections.rules.spec.primitives import Minutes, Name, SeverityName, SpecPart, Text
from detections.rules.spec.selector import Level, Selector, Source, SourceName
from detections.rules.spec.signature import Signature
from detections.rules.statistics.tails import Method
from opsconsole.lib.db import storable

GroupBy = Literal["prefix", "route", "issue", "variable", "rule", "check", "part", "probe", "none"]
SEVERITIES: dict[str, int] = {"medium": 1, "high": 2, "critical": 3}  # as rules.models.Severity stores them

# Of a rule; it is part of URLs, logs and messages.
IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
IDENTIFIER_ALLOWED = "letters, digits, dots, dashes and underscores, at most 40, beginning with a letter or digit"
# Pages below /rules/ that are no rule's.
RESERVED = frozenset({"acts", "bulk", "changes", "identifier", "names", "new", "preview", "routes", "test", "told"})
IDENTIFIER_ALLOWED += f"; not {', '.join(sorted(RESERVED))}"

FixtureName = Annotated[str, Meta(pattern=r"^[a-z0-9_-]{1,100}$")]  # of a file: no path


C = TypeVar("C", bound=Condition)


class SpecError(ValueError):
    """Invalid content of a rule: `field` is the path ("conditions[0].k"), `message` says what is allowed."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.field = field
        self.message = message


class CalledOwner(SpecPart, frozen=True):
    """An owner whom a rule calls; `when` is empty for the first response."""

    owner: Name
    when: Text = ""


class Guardrail(SpecPart, frozen=True):
    """A warning against a change or act, in whole sentences, because headings, forms and errors show it. With `enforce`
    the edit form demands a reason."""

    text: Annotated[str, Meta(max_length=600)]
    enforce: Literal["", "no_tuning_before_baseline"] = ""


class RuleSpec(SpecPart, frozen=True):
    """The content of one version of a rule."""

    title: Annotated[str, Meta(min_length=1, max_length=200)]
    selector: Selector
    category: Annotated[str, Meta(max_length=40)] = ""
    owner: Name = ""
    group_by: GroupBy = "route"
    conditions: Annotated[tuple[Condition, ...], Meta(max_length=1)] = ()
    signatures: tuple[Signature, ...] = ()
    for_minutes: Minutes = 0
    keep_firing_minutes: Minutes = 5
    escalation: tuple[CalledOwner, ...] = ()
    guardrails: tuple[Guardrail, ...] = ()
    labels: dict[str, str] = {}
    documentation: Annotated[str, Meta(max_length=20_000)] = ""
    fixtures: tuple[FixtureName, ...] = ()
    expected_false_positives_per_week: Annotated[float, Meta(ge=0)] | None = None
    expected_false_positives_note: Text = ""
    claimed_validation: Annotated[str, Meta(pattern=r"^(\d{4}-\d{2}-\d{2})?$")] = ""
    parent: Name = ""  # identifier of the wider rule that is inhibited while this one fires

    def __post_init__(self) -> None:
        if not self.conditions and not any(s.severity for s in self.signatures):
            raise ValueError("conditions: give one, or a signature with a severity; else the rule never fires")
        if self.group_by == "prefix" and not self.selector.route:
            raise ValueError("group_by: prefix needs a route glob in the selector")
        if problem := _mixed(self):
            raise ValueError(problem)

    @property
    def kind(self) -> str:
        """The kind of its condition; that of counting rules where it has only signatures."""
        return next((c.kind() for c in self.conditions), Exceedance.kind())

    def condition_of(self, type_: type[C]) -> C | None:
        """Its condition of that type; None where it has another or none."""
        return next((c for c in self.conditions if isinstance(c, type_)), None)

    @property
    def exceedance(self) -> Exceedance | None:
        """Its condition on counts; None where it has another or none."""
        return self.condition_of(Exceedance)

    @property
    def counts(self) -> bool:
        """Whether it counts events; other rules read what was recorded otherwise."""
        return all(c.counts for c in self.conditions)

    @property
    def never_pages(self) -> bool:
        """Whether nobody may be called for its alerts, whatever the notification policies say."""
        return any(condition.never_pages for condition in self.conditions)

    @property
    def severities(self) -> list[SeverityName]:
        """Those that its alerts may have, the severest first."""
        found = {severity for condition in self.conditions for severity in condition.alert_severities()}
        found |= {signature.severity for signature in self.signatures if signature.severity}
        return sorted(found, key=SEVERITIES.__getitem__, reverse=True)

    @property
    def fixture_words(self) -> str:
        """What its fixtures consist of: `events`, `findings`."""
        return next((c.fixture_words for c in self.conditions), Exceedance.fixture_words)

    @property
    def first_response(self) -> str:
        """The owner of the first escalation step without condition, else the rule's owner."""
        return next((e.owner for e in self.escalation if not e.when), self.owner)


def _mixed(spec: RuleSpec) -> str:
    """An error where fields contradict the rule's kind; '' where they do not."""
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
    """An error where a counting rule has the source or grouping of another kind; '' where it has not."""
    for condition in (c for c in conditions.CONDITIONS if not c.counts):
        kind, source = condition.kind(), condition.source
        if source in sources and condition.has_source_alone:
            return f"sources: {source} has findings and no counts; it needs a condition of kind {kind}"
        if condition.group_by == group_by:
            return f"group_by: {group_by} is for rules of kind {kind}"
    return ""


def is_identifier(text: str) -> bool:
    """Whether a rule may be called so."""
    return bool(IDENTIFIER.fullmatch(text)) and text.lower() not in RESERVED


def decode(data: Any) -> RuleSpec:
    """The content from plain data (dicts, lists, text, numbers). Raises SpecError."""
    if unstorable := storable.problem(data):
        raise SpecError(*unstorable)
    return decode_stored(data)


def decode_stored(data: Any) -> RuleSpec:
    """As `decode`, of data that PostgreSQL has stored: it does not search them for what cannot be stored, which takes
    five times as long as the rest. Raises SpecError."""
    try:
        return msgspec.convert(data, RuleSpec, dec_hook=conditions.convert)
    except RecursionError:
        raise SpecError("", "is nested too deeply") from None
    except msgspec.ValidationError as error:
        message, *paths = str(error).split(" - at `$")  # the innermost first, where one conversion calls another
        path = "".join(part.rstrip("`") for part in reversed(paths))
        raise SpecError(path.lstrip("."), message + _allowed(message, path)) from None


def encode(spec: RuleSpec) -> dict[str, Any]:
    """Plain data that `decode` reads, with all defaults, so that a later default does not change a stored version."""
    data: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(spec))
    return data


def brief(part: SpecPart) -> dict[str, Any]:
    """Plain data without fields that have their default, as in packs."""
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
    if isinstance(value, SpecPart):
        return brief(value)
    if isinstance(value, tuple):
        return [_brief_value(item) for item in value]
    return value


def content_hash(spec: RuleSpec) -> str:
    """SHA-256 of the canonical JSON, hex: equal exactly where the content is equal."""
    return hashlib.sha256(msgspec.json.encode(spec, order="sorted")).hexdigest()


def _allowed(message: str, path: str) -> str:
    """The allowed values or fields, which msgspec's messages do not name; starts with a semicolon, or is ''."""
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
    "checks": get_args(CheckName),
    "severities": get_args(CheckSeverity),
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
    "escalation": (CalledOwner,),
    "guardrails": (Guardrail,),
}
