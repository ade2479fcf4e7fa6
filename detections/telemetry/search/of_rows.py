"""Searches of events and of routes, in which each condition is about the row itself."""

from __future__ import annotations

from collections.abc import Container, Sequence
from datetime import datetime

from django.db.models import Q

from detections.telemetry.search import atoms, values
from detections.telemetry.search.keys import Domain, Kind
from detections.telemetry.search.known import KnownNames
from detections.telemetry.search.translate import Search, TextCondition, plain_query, translate
from detections.telemetry.search.tree import SearchTerm, SearchWord

# Where words are looked for in an event.
_TEXTS = ("message", "exception_type", "transaction", "url")


class _RowTranslation:
    """Conditions as queries. `text`: how words are looked for."""

    def __init__(self, domain: Domain, known: KnownNames, text: TextCondition) -> None:
        self.domain = domain
        self.known = known
        self.since: datetime | None = None
        self._text = text

    def term(self, term: SearchTerm) -> Q:
        asked = atoms.subject(term, self.domain, self.known)
        if asked.key is None:
            return atoms.about_tag(term, asked.tag)
        key = asked.key
        if key.name == "has":
            return atoms.about_presence(term, self.domain, self.known)
        if key.name == "error.handled":
            return atoms.about_handled(term, key)
        if key.kind is Kind.USER:
            return atoms.about_user(term, key, self.known)
        if key.name == "id":
            found = Q(event_id__in=values.ids(term, key))
            return ~found if term.negated else found
        return atoms.about_columns(term, key, self.domain, self.known)

    def texts(self, texts: Sequence[SearchWord]) -> Q:
        found = self._text(texts)
        return ~found if texts[0].negated else found

    def both(self, parts: list[Q]) -> Q:
        return plain_query(parts, either=False)

    def either(self, parts: list[Q]) -> Q:
        return plain_query(parts, either=True)

    def query(self, whole: Q) -> Q:
        return whole

    def alternatives(self, whole: Q, only: Container[str]) -> tuple[Q, ...]:
        return (whole,)


def search_events(text: str, now: datetime) -> Search:
    """The search of an issue's events that a text says."""
    return translate(text, _RowTranslation(Domain.EVENTS, KnownNames(now), _in_event))


def search_routes(text: str, now: datetime) -> Search:
    """The search of routes that a text says."""
    return translate(text, _RowTranslation(Domain.ROUTES, KnownNames(now), in_route))


def _in_event(texts: Sequence[SearchWord]) -> Q:
    found = Q()
    for each in texts:
        options = [Q(**{f"{column}__icontains": each.text}) for column in _TEXTS]
        if not each.quoted and (sought := values.hex_id(each.text)):
            options += [Q(event_id=sought), Q(trace_id=sought)]
        found &= plain_query(options, either=True)
    return found


def in_route(texts: Sequence[SearchWord]) -> Q:
    """Whether a route has all words of a search: side by side as they are typed, or each somewhere."""
    each = plain_query([route_matches(text.text) for text in texts], either=False)
    return each | route_matches(" ".join(text.text for text in texts))


def route_matches(text: str) -> Q:
    """`POST /api` matches method and route, any other text the route or the application's name for it."""
    method, _, path = text.partition(" ")
    by_route = Q(route__icontains=text) | Q(handler__icontains=text)
    return by_route | Q(method__iexact=method, route__icontains=path) if path else by_route
