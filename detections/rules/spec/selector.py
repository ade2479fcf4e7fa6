"""Pure: which events a rule counts, and from which sources (no ORM)."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import Meta

from detections.rules.spec.primitives import Name, SpecPart, Text

CONFIG: Final = "config"  # the source of rules over configuration findings: what agents reported
CONSOLE: Final = "console"  # the source of rules over rules: what this console made of its own slots
SourceName = Literal["sentry", "router", "sentry_api", "api", "probe", "config", "console"]
Level = Literal["fatal", "error", "warning", "info", "debug"]
ERROR_LEVELS: tuple[Level, ...] = ("error", "fatal")
# Kinds of prerequisites, each followed by a name: flag:NAME, var:NAME, var:APP/NAME, item:KEY, section:SLUG.
PREDICATES = ("flag", "var", "item", "section")


class Source(SpecPart, frozen=True):
    """A source of counts. A rule uses the first that delivers and whose prerequisites hold; counts are never mixed."""

    source: SourceName
    prerequisites: tuple[Name, ...] = ()  # one of PREDICATES, a colon, a name


class Selector(SpecPart, frozen=True):
    """Which events the rule counts; an empty field matches all."""

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
