"""The keys of searches: what each asks for, its other names, values and an example (pure).

The other names are those of Sentry's search, so that a habit or a copied query works.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType


class Kind(Enum):
    """How a key's values are read."""

    CHOICE = "one of a few words"
    TEXT = "a text; * stands for any characters"
    NUMBER = "a whole number, also with >, >=, < or <= before it"
    TIME = "a time: -24h (since then), +7d (longer ago), a day or 2026-06-12T14:30, both also with >, >=, < or <="
    USER = "a whole value; kept as a hash only"
    ID = "an id of 32 hexadecimal digits"
    FIELD = "a key or a tag"


class Domain(Enum):
    """What is searched."""

    ISSUES = "issues"
    EVENTS = "events of an issue"
    ROUTES = "routes"


@dataclass(frozen=True)
class SearchKey:
    """A key of the language. `choices`: by word the one it means, for Kind.CHOICE. `column`: by Domain.EVENTS and
    Domain.ROUTES, the path of its column from Event or Series. `presence`: whether `has:` may ask for it."""

    name: str
    kind: Kind
    says: str
    example: str
    domains: frozenset[Domain]
    aliases: tuple[str, ...] = ()
    choices: MappingProxyType[str, str] = MappingProxyType({})
    presence: bool = False


_ALL = frozenset(Domain)
_ISSUES = frozenset({Domain.ISSUES})
_BOTH = frozenset({Domain.ISSUES, Domain.EVENTS})
_LISTS = frozenset({Domain.ISSUES, Domain.ROUTES})


def _words(*same: tuple[str, ...]) -> MappingProxyType[str, str]:
    """The first of each tuple is the word, the others mean the same."""
    return MappingProxyType({word: words[0] for words in same for word in words})


STATES = _words(
    ("unresolved", "open"),
    ("resolved",),
    ("ignored", "archived", "muted"),
    ("triage", "new", "for_review"),
    ("regressed",),
)
LEVELS = _words(("fatal", "critical"), ("error",), ("warning", "warn"), ("info",), ("debug",))
YES_NO = _words(("true", "yes", "1"), ("false", "no", "0"))

KEYS = (
    SearchKey("is", Kind.CHOICE, "Its status.", "is:unresolved", _ISSUES, ("status",), choices=STATES),
    SearchKey("level", Kind.CHOICE, "Its level.", "level:[fatal, error]", _BOTH, ("severity",), choices=LEVELS),
    SearchKey(
        "environment",
        Kind.TEXT,
        "Where it occurred; other names of an environment are understood.",
        "environment:prod",
        _ALL,
        ("env", "environments"),
        presence=True,
    ),
    SearchKey(
        "project", Kind.TEXT, "The project's short name.", "project:raptor", _LISTS, ("project.name", "project.slug")
    ),
    SearchKey(
        "release", Kind.TEXT, "The release that sent it.", "release:shop@2.*", _BOTH, ("version",), presence=True
    ),
    SearchKey(
        "first-release",
        Kind.TEXT,
        "The release of the first event.",
        "first-release:shop@2.4.1",
        _ISSUES,
        ("firstRelease",),
    ),
    SearchKey(
        "last-release",
        Kind.TEXT,
        "The release of the newest event.",
        "last-release:shop@2.4.1",
        _ISSUES,
        ("lastRelease",),
    ),
    SearchKey(
        "route",
        Kind.TEXT,
        "The route as the list of routes shows it.",
        "route:/api/orders*",
        _ALL,
        ("path",),
        presence=True,
    ),
    SearchKey("method", Kind.TEXT, "The HTTP method.", "method:POST", _ALL, ("http.method",), presence=True),
    SearchKey(
        "url",
        Kind.TEXT,
        "The URL of the request.",
        "url:*/checkout*",
        _BOTH,
        ("http.url", "request.url"),
        presence=True,
    ),
    SearchKey(
        "transaction",
        Kind.TEXT,
        "The name that the SDK gave the request or task.",
        "transaction:orders.show",
        _BOTH,
        presence=True,
    ),
    SearchKey(
        "trace",
        Kind.ID,
        "The trace that it belongs to.",
        "trace:4bf92f3577b34da6a3ce929d0e0e4736",
        _BOTH,
        ("trace_id", "trace.id", "traceid"),
        presence=True,
    ),
    SearchKey(
        "id",
        Kind.ID,
        "The event's id, which also stands alone.",
        "id:9fa2c3de4b5a46f7b8c9d0e1f2a3b4c5",
        _BOTH,
        ("event.id", "event_id", "event", "eventid"),
    ),
    SearchKey(
        "message",
        Kind.TEXT,
        "Words of a message or an exception's value.",
        'message:"no price"',
        _BOTH,
        ("error.value", "exception.value", "title"),
        presence=True,
    ),
    SearchKey(
        "error.type",
        Kind.TEXT,
        "The type of the exception.",
        "error.type:ValueError",
        _BOTH,
        ("type", "error_type", "exception", "exception.type", "exception_type"),
        presence=True,
    ),
    SearchKey(
        "error.handled",
        Kind.CHOICE,
        "Whether the application caught it.",
        "error.handled:no",
        _BOTH,
        ("handled",),
        choices=YES_NO,
    ),
    SearchKey(
        "culprit", Kind.TEXT, "The function or route where it happens.", "culprit:*prices*", _ISSUES, ("location",)
    ),
    SearchKey("logger", Kind.TEXT, "The logger.", "logger:django.request", _BOTH, presence=True),
    SearchKey(
        "platform", Kind.TEXT, "The SDK's platform.", "platform:python", _BOTH, ("platform.name",), presence=True
    ),
    SearchKey("user", Kind.USER, "A person by any of the following.", "user:4711", _BOTH, presence=True),
    SearchKey("user.id", Kind.USER, "A person by the application's id.", "user.id:4711", _BOTH),
    SearchKey("user.email", Kind.USER, "A person by e-mail address.", "user.email:ada@example.com", _BOTH),
    SearchKey("user.username", Kind.USER, "A person by name.", "user.username:ada", _BOTH, ("user.name",)),
    SearchKey("user.ip", Kind.USER, "A person by address.", "user.ip:192.0.2.7", _BOTH, ("user.ip_address", "ip")),
    SearchKey("first-seen", Kind.TIME, "When it was seen first.", "first-seen:-24h", _LISTS, ("firstSeen", "age")),
    SearchKey("last-seen", Kind.TIME, "When it was seen last.", "last-seen:+7d", _LISTS, ("lastSeen",)),
    SearchKey(
        "timestamp",
        Kind.TIME,
        "When an event occurred.",
        "timestamp:>=2026-06-12T14:00",
        _BOTH,
        ("event.timestamp", "time"),
    ),
    SearchKey(
        "times-seen",
        Kind.NUMBER,
        "How many events it has.",
        "times-seen:>100",
        _ISSUES,
        ("timesSeen", "events", "count"),
    ),
    SearchKey(
        "users",
        Kind.NUMBER,
        "How many people it concerns.",
        "users:>=10",
        _ISSUES,
        ("userCount", "user_count", "users-seen"),
    ),
    SearchKey("has", Kind.FIELD, "Whether an event says anything of it.", "has:user", _BOTH),
)
# Asked for elsewhere, and why it is not to be had here.
NOT_HERE = MappingProxyType(
    {
        "assigned": "issues are not assigned to anybody here; alerts are, and their list is filtered by who has them",
        "assignee": "issues are not assigned to anybody here; alerts are, and their list is filtered by who has them",
        "bookmarks": "issues are not bookmarked here; a search is kept as the address of its page",
    }
)


def _folded(name: str) -> str:
    """`firstSeen`, `first_seen` and `first-seen` are one name."""
    return name.lower().replace("_", "").replace("-", "")


_BY_NAME = MappingProxyType({_folded(name): key for key in KEYS for name in (key.name, *key.aliases)})


def find_key(name: str) -> SearchKey | None:
    """The key of this name or other name, however it is capitalised or joined."""
    return _BY_NAME.get(_folded(name))


def keys_of(domain: Domain) -> Iterator[SearchKey]:
    """The keys that make sense there."""
    return (key for key in KEYS if domain in key.domains)


def tag_name(key: str) -> str | None:
    """The name in `tags[name]`, with or without quotes; None for another key."""
    return key[5:-1].strip('"') if key.startswith("tags[") and key.endswith("]") else None
