"""Searches of issues: conditions on the issue, and on its stored events."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from math import prod

from django.db.models import Q

from detections.telemetry.issues import queries
from detections.telemetry.issues.models import IssueEnvironment, IssueRelease
from detections.telemetry.models import Event
from detections.telemetry.search import atoms, values
from detections.telemetry.search.keys import Domain, Kind, SearchKey
from detections.telemetry.search.known import KnownNames
from detections.telemetry.search.translate import Search, only_values, plain_query, translate
from detections.telemetry.search.tree import SearchTerm, SearchWord

MAX_ALTERNATIVES = 64
MOST_ASKED = 8  # alternatives that are asked for on their own: a query each
MOST_ISSUES = 100_000  # of one person or trace: more than there are
_FACTS = frozenset({"environment", "release"})


@dataclass(frozen=True)
class _OfIssue:
    """A condition on the issue's own row."""

    query: Q


@dataclass(frozen=True)
class _OfEvent:
    """A condition on one of its events. `facts`: the same of the issue's figures by environment and release, which stay
    when events are dropped; `environments`: it is about the environment alone. `indexed`: found quickly among all
    events that are stored. `scopes`: the key, if it is what figures are then about (`translate.only_values`)."""

    query: Q
    facts: Q | None = None
    environments: bool = False
    indexed: bool = False
    scopes: str = ""


_Atom = _OfIssue | _OfEvent
_Alternatives = list[list[_Atom]]  # one must hold: all of its conditions


class _IssueTranslation:
    """Conditions as alternatives, in each of which those on events are about one and the same."""

    def __init__(self, known: KnownNames) -> None:
        self.known = known
        self.since: datetime | None = None

    def term(self, term: SearchTerm) -> _Alternatives:
        asked = atoms.subject(term, Domain.ISSUES, self.known)
        if asked.key is None:
            return [[_OfEvent(atoms.about_tag(term, asked.tag))]]
        return [[self._about(term, asked.key)]]

    def _about(self, term: SearchTerm, key: SearchKey) -> _Atom:
        if key.name == "is":
            return _OfIssue(atoms.states(term, key))
        if key.name == "id":
            found = atoms.any_q([queries.of_event(each) for each in values.ids(term, key)])
            return _OfIssue(~found if term.negated else found)
        if key.name == "message":
            return _OfIssue(self._message(term, key))
        if key.name == "has":
            return _OfEvent(atoms.about_presence(term, Domain.ISSUES, self.known))
        if key.name == "error.handled":
            return _OfEvent(atoms.about_handled(term, key))
        if key.kind is Kind.USER:
            return _OfEvent(atoms.about_user(term, key, self.known), indexed=not term.negated)
        if key.name in _FACTS:
            return self._fact(term, key)
        if key.name in atoms.COLUMNS[Domain.ISSUES]:
            return _OfIssue(atoms.about_columns(term, key, Domain.ISSUES, self.known))
        found = atoms.about_columns(term, key, Domain.EVENTS, self.known)
        return _OfEvent(found, indexed=key.name == "trace" and not term.negated)

    def _message(self, term: SearchTerm, key: SearchKey) -> Q:
        """In what is shown, also within words; whole words also in messages of events that are shown no more."""
        found = atoms.about_columns(SearchTerm(term.key, term.values, term.operator), key, Domain.ISSUES, self.known)
        found &= queries.seen_since(self.known.read_since)
        for value in values.texts(term.values).exact:
            found |= queries.with_words(value)
        return ~found if term.negated else found

    def _fact(self, term: SearchTerm, key: SearchKey) -> _OfEvent:
        of_event = atoms.about_columns(term, key, Domain.EVENTS, self.known)
        scopes = key.name if only_values(term) and (key.name == "environment" or len(term.values) == 1) else ""
        if key.name == "environment":
            return _OfEvent(of_event, facts=of_event, environments=True, scopes=scopes)
        if term.negated or "" in term.values:
            return _OfEvent(of_event)
        return _OfEvent(of_event, facts=of_event, scopes=scopes)

    def texts(self, texts: Sequence[SearchWord]) -> _Alternatives:
        ids = {text: each for text in texts if not text.quoted and (each := values.hex_id(text.text))}
        words = " ".join(_phrase(each.text) if each.quoted else each.text for each in texts if each not in ids)
        found = queries.with_text(words, self.known.read_since) if words else Q()
        for each in ids.values():
            traced = Event.objects.filter(trace_id=each).values("issue")
            found &= queries.of_event(each) | Q(pk__in=traced)
        return [[_OfIssue(~found if texts[0].negated else found)]]

    def both(self, parts: list[_Alternatives]) -> _Alternatives:
        if prod(len(each) for each in parts) > MAX_ALTERNATIVES:
            raise values.ConditionRefusedError(
                f"These parentheses make more than {MAX_ALTERNATIVES} alternatives; search for fewer at once."
            )
        return [[atom for part in chosen for atom in part] for chosen in product(*parts)]

    def either(self, parts: list[_Alternatives]) -> _Alternatives:
        return [alternative for part in parts for alternative in part]

    def query(self, whole: _Alternatives) -> Q:
        return atoms.any_q([self._alternative(each) for each in whole])

    def alternatives(self, whole: _Alternatives, only: Container[str]) -> tuple[Q, ...]:
        if len(whole) == 1:  # also where nothing else of an OR was understood: then figures are of all
            scopes = [each.scopes for each in whole[0] if isinstance(each, _OfEvent)]
            if all(scope in only for scope in scopes) and len(set(scopes)) == len(scopes):
                return (self._alternative([each for each in whole[0] if isinstance(each, _OfIssue)]),)
        found = tuple(self._alternative(each) for each in whole)
        return found if self.since and len(found) <= MOST_ASKED else (atoms.any_q(found),)

    def _alternative(self, conditions: list[_Atom]) -> Q:
        of_issue = plain_query([each.query for each in conditions if isinstance(each, _OfIssue)], either=False)
        of_event = [each for each in conditions if isinstance(each, _OfEvent)]
        return of_issue & self._with_event(of_event) if of_event else of_issue

    def _with_event(self, conditions: list[_OfEvent]) -> Q:
        """Issues with an event for which all conditions hold."""
        facts = [each.facts for each in conditions if each.facts is not None]
        if len(facts) == len(conditions):
            of_environment = all(each.environments for each in conditions)
            figures = IssueEnvironment.objects if of_environment else IssueRelease.objects
            return Q(pk__in=figures.filter(plain_query(facts, either=False)).values("issue"))
        events = Event.objects.filter(plain_query([each.query for each in conditions], either=False))
        if any(each.indexed for each in conditions):
            # A subquery with a limit is carried out once: PostgreSQL would else look at the events of one issue after
            # another, since it expects more events of a person than there are.
            return Q(pk__in=events.order_by().values("issue").distinct()[:MOST_ISSUES])
        self.since = self.known.searched_since
        return Q(pk__in=events.filter(received_at__gte=self.since).values("issue"))


def search_issues(text: str, now: datetime) -> Search:
    """The search of issues that a text says. Its condition is for issues with figures (`issues.scope.with_figures`)."""
    return translate(text, _IssueTranslation(KnownNames(now)))


def _phrase(text: str) -> str:
    unmarked = text.replace('"', " ")
    return f'"{unmarked}"'
