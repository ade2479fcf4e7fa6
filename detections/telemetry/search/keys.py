"""The keys of searches: what each asks for, its other names, values and an example (pure).

The other names are those of Sentry's search, so that a habit or a copied query works.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any


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
    """A key of the language. `choices`: by word the one it means, of Kind.CHOICE. `presence`: `has:` may ask for it."""

    name: str
    kind: Kind
    domains: frozenset[Domain]
    says: str
    example: str
    aliases: tuple[str, ...] = ()
    choices: MappingProxyType[str, str] = field(default_factory=lambda: MappingProxyType({}))
    presence: bool = False

    @property
    def first_words(self) -> list[str]:
        """The words of Kind.CHOICE, each in its first spelling."""
        return list(dict.fromkeys(self.choices.values()))

    @property
    def words(self) -> str:
        """The words of Kind.CHOICE, to be listed."""
        return ", ".join(self.first_words)


_ALL = frozenset(Domain)
_ISSUES = frozenset({Domain.ISSUES})
_BOTH = frozenset({Domain.ISSUES, Domain.EVENTS})
_LISTS = frozenset({Domain.ISSUES, Domain.ROUTES})


def _words(*lines: str) -> MappingProxyType[str, str]:
    """The first word of each line; the others mean the same."""
    return MappingProxyType({word: line.split()[0] for line in lines for word in line.split()})


def _key(name: str, kind: Kind, domains: frozenset[Domain], says: str, example: str, **more: Any) -> SearchKey:
    aliases = tuple(more.pop("aliases", "").split())
    return SearchKey(name, kind, domains, says, f"{name}:{example}", aliases, **more)


def _text(name: str, domains: frozenset[Domain], says: str, example: str, aliases: str = "") -> SearchKey:
    return _key(name, Kind.TEXT, domains, says, example, aliases=aliases, presence=Domain.EVENTS in domains)


def _user(name: str, says: str, example: str, aliases: str = "") -> SearchKey:
    return _key(name, Kind.USER, _BOTH, says, example, aliases=aliases, presence=name == "user")


STATES = _words("unresolved", "resolved", "ignored archived muted", "triage new for_review", "regressed")
LEVELS = _words("fatal critical", "error", "warning warn", "info", "debug")
YES_NO = _words("yes true 1", "no false 0")

KEYS = (
    _key("is", Kind.CHOICE, _ISSUES, "Its status.", "unresolved", aliases="status", choices=STATES),
    _key("level", Kind.CHOICE, _BOTH, "Its level.", "[fatal, error]", choices=LEVELS),
    _text("environment", _ALL, "Where it occurred, by any name of the environment.", "prod", "env environments"),
    _text("project", _LISTS, "The short name of its project.", "raptor", "project.name project.slug"),
    _text("release", _BOTH, "A release that sent it.", "shop@2.*"),
    _text("first-release", _ISSUES, "The release of its first event.", "shop@2.4.1", "firstRelease"),
    _text("last-release", _ISSUES, "The release of its newest event.", "shop@2.4.1", "lastRelease"),
    _text("route", _ALL, "The route, as the list of routes shows it.", "/api/orders*"),
    _text("method", _ALL, "The method of the request.", "POST", "http.method request.method"),
    _text("url", _BOTH, "The address of the request.", "*/checkout*", "http.url request.url"),
    _text("transaction", _BOTH, "What the SDK calls the request or task.", "orders.show"),
    _text("message", _BOTH, "Words of a message or an exception.", '"no price"', "error.value exception.value title"),
    _text(
        "error.type", _BOTH, "The type of the exception.", "ValueError", "type error_type exception.type exception_type"
    ),
    _key(
        *("error.handled", Kind.CHOICE, _BOTH, "Whether the application caught it.", "no"),
        aliases="handled exception.handled",
        choices=YES_NO,
    ),
    _text("culprit", _ISSUES, "The function or route where it happens.", "*prices*"),
    _text("logger", _BOTH, "The logger that reported it.", "django.request"),
    _text("platform", _BOTH, "The platform of the SDK.", "python", "platform.name"),
    _user("user", "A person, by any of the next four.", "4711"),
    _user("user.id", "A person, by the application's id.", "4711"),
    _user("user.email", "A person, by e-mail address.", "ada@example.com"),
    _user("user.username", "A person, by name.", "ada", "user.name"),
    _user("user.ip", "A person, by address.", "192.0.2.7", "user.ip_address"),
    _key(
        *("trace", Kind.ID, _BOTH, "The trace that it belongs to.", "4bf92f3577b34da6a3ce929d0e0e4736"),
        aliases="trace_id trace.id",
        presence=True,
    ),
    _key(
        *("id", Kind.ID, _BOTH, "The id of an event; it may stand alone.", "9fa2c3de4b5a46f7b8c9d0e1f2a3b4c5"),
        aliases="event.id event_id",
    ),
    _key("has", Kind.FIELD, _BOTH, "Whether an event says anything about it.", "user"),
    _key("first-seen", Kind.TIME, _LISTS, "When it was first seen.", "-24h", aliases="firstSeen age"),
    _key("last-seen", Kind.TIME, _LISTS, "When it was last seen.", "+7d", aliases="lastSeen"),
    _key("timestamp", Kind.TIME, _BOTH, "When an event occurred.", ">=2026-06-12T14:00", aliases="event.timestamp"),
    _key("times-seen", Kind.NUMBER, _ISSUES, "How many events it has.", ">100", aliases="timesSeen events"),
    _key("users", Kind.NUMBER, _ISSUES, "How many people it affected.", ">=10", aliases="userCount users-seen"),
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
