"""One condition of a search as a query: of issues, of events or of series."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.db.models import BooleanField, F, Func, Q, Value
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KeyTextTransform

from detections.telemetry.models import Issue, Series
from detections.telemetry.search import values
from detections.telemetry.search.keys import Domain, Kind, SearchKey, find_key, tag_name
from detections.telemetry.search.known import KnownNames
from detections.telemetry.search.tree import SearchTerm
from detections.telemetry.search.unknown_keys import unknown_key
from detections.telemetry.user_hashes import USER_FIELDS, user_field_hash

# By domain and key, the columns of texts and plain values.
_EVENT = MappingProxyType(
    {
        **{name: (name,) for name in ("release", "url", "transaction", "logger", "platform", "level", "message")},
        "error.type": ("exception_type",),
        "trace": ("trace_id",),
        "timestamp": ("occurred_at",),
        "route": ("series__route", "series__url_path"),
        "method": ("series__method",),
        "environment": ("project_environment__name",),
    }
)
_ISSUE = MappingProxyType(
    {
        "project": ("project__slug",),
        "level": ("level",),
        "culprit": ("culprit",),
        "error.type": ("exception_type",),
        "message": ("title", "value"),
        "first-release": ("first_release",),
        "last-release": ("last_release",),
        "first-seen": ("first_seen",),
        "last-seen": ("last_seen",),
        "times-seen": ("events",),
        "users": ("users",),
    }
)
_SERIES = MappingProxyType(
    {
        "project": ("project__slug",),
        "environment": ("project_environment__name",),
        "route": ("route", "url_path"),
        "method": ("method",),
        "first-seen": ("first_seen",),
        "last-seen": ("last_seen",),
    }
)
COLUMNS = MappingProxyType({Domain.EVENTS: _EVENT, Domain.ISSUES: _ISSUE, Domain.ROUTES: _SERIES})
# Of the series of an event: what it was counted as, and what it is read as (`places.link`).
_READ_AS = ("route", "url_path", "canonical__route", "canonical__url_path")
_ANY_CASE = frozenset({"error.type"})  # also without wildcards
_WITHIN = frozenset({"message"})  # found also within the text
_LOOKUPS = MappingProxyType({"": "in", ">": "gt", ">=": "gte", "<": "lt", "<=": "lte"})
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"))
_STATES = MappingProxyType(
    {
        **{state: Q(status=state) for state in Issue.Status.values},
        "triage": Q(needs_triage=True),
        "regressed": Q(status=Issue.Status.UNRESOLVED, regressed_at__isnull=False),
    }
)


@dataclass(frozen=True)
class SearchSubject:
    """What a condition is about: a key, or the tag of that name (then `key` is None)."""

    key: SearchKey | None
    tag: str = ""


def subject(term: SearchTerm, domain: Domain, known: KnownNames) -> SearchSubject:
    """What the term's key means there. Raises ConditionRefusedError with the nearest key where it means nothing."""
    if (tag := tag_name(term.key)) is not None and domain is not Domain.ROUTES:
        return SearchSubject(None, tag)
    key = find_key(term.key)
    if key is not None and domain in key.domains:
        return SearchSubject(key)
    if domain is not Domain.ROUTES and key is None and term.key in known.tags:
        return SearchSubject(None, term.key)
    raise unknown_key(term, domain, () if domain is Domain.ROUTES else known.tags)


def about_columns(term: SearchTerm, key: SearchKey, domain: Domain, known: KnownNames) -> Q:
    """A condition on columns of the domain's own rows, negated where it says so."""
    columns = COLUMNS[domain][key.name]
    match key.kind:
        case Kind.CHOICE:
            found = Q(**{f"{columns[0]}__in": values.choices(term, key)})
        case Kind.ID:
            found = Q(**{f"{columns[0]}__in": values.ids(term, key)})
        case Kind.NUMBER:
            numbers = values.numbers(term, key)
            lookup = _LOOKUPS[term.operator]
            found = Q(**{f"{columns[0]}__{lookup}": numbers if lookup == "in" else numbers[0]})
        case Kind.TIME:
            found = _within(columns[0], values.span(term, key, known.now), received=domain is Domain.EVENTS)
        case _:
            found = _texts(term, key, columns, known)
    return ~found if term.negated else found


def states(term: SearchTerm, key: SearchKey) -> Q:
    """`is:` of issues."""
    found = any_q(_STATES[word] for word in values.choices(term, key))
    return ~found if term.negated else found


def about_tag(term: SearchTerm, tag: str) -> Q:
    """A condition on a tag of events. An empty value asks for events without it."""
    read = values.texts(values.without_comparison(term))
    options = [Q(tags__contains={tag: value}) for value in read.exact]
    options += [~Q(tags__has_key=tag)] * ("" in read.exact)
    options += [Q(tags__has_key=tag) & like(KeyTextTransform(tag, "tags"), pattern) for pattern in read.patterns]
    return ~any_q(options) if term.negated else any_q(options)


def about_user(term: SearchTerm, key: SearchKey, known: KnownNames) -> Q:
    """A condition on the user of events, of whom only hashes are kept, each of one project."""
    field = {"user.ip": "ip_address"}.get(key.name, key.name.removeprefix("user."))
    fields = USER_FIELDS if field == "user" else (field,)
    asked = values.whole_values(term, key)
    hashes = [
        user_field_hash(project, name, value)
        for project in known.projects.values()
        for name in fields
        for value in asked
    ]
    found = Q(user_hashes__overlap=hashes) if hashes else Q(pk__in=[])
    return ~found if term.negated else found


def about_handled(term: SearchTerm, key: SearchKey) -> Q:
    """Whether the application caught it. Of events that do not say so neither is true."""
    wanted = [(word == "yes") != term.negated for word in values.choices(term, key)]
    return Q(handled__in=wanted)


def about_presence(term: SearchTerm, domain: Domain, known: KnownNames) -> Q:
    """`has:` of events: one of the keys or tags that are named."""
    found = any_q(_present(name, term, domain, known) for name in values.without_comparison(term))
    return ~found if term.negated else found


def _present(name: str, term: SearchTerm, domain: Domain, known: KnownNames) -> Q:
    asked = subject(SearchTerm(name, term.values), domain, known)
    if asked.key is None:
        return Q(tags__has_key=asked.tag)
    if not asked.key.presence or (asked.key.name not in _EVENT and asked.key.name != "user"):
        instead = "has:user asks for people" if asked.key.kind is Kind.USER else "each issue has it"
        raise values.ConditionRefusedError(f"“{term}”: {asked.key.name} cannot be asked for by has; {instead}.")
    if asked.key.name == "user":
        return Q(user_hash__isnull=False)
    return ~Q(**{_EVENT[asked.key.name][0]: ""})


def _texts(term: SearchTerm, key: SearchKey, columns: tuple[str, ...], known: KnownNames) -> Q:
    asked = values.without_comparison(term, key)
    if key.name == "route":
        if columns == _SERIES["route"]:
            return any_q(_route(value, columns, known) for value in asked)
        of_series = any_q(_route(value, _READ_AS, known) for value in asked)
        return Q(series__in=Series.objects.filter(of_series).values("pk"))
    read = values.texts(asked)
    exact = _resolved(key, read.exact, known)
    options: list[Q] = []
    for column in columns:
        if key.name in _WITHIN:
            options += [Q(**{f"{column}__icontains": value}) for value in exact]
        elif key.name in _ANY_CASE:
            options += [Q(**{f"{column}__iexact": value}) for value in exact]
        elif exact:
            options.append(Q(**{f"{column}__in": exact}))
        options += [like(F(column), pattern) for pattern in read.patterns]
    return any_q(options)


def _resolved(key: SearchKey, exact: list[str], known: KnownNames) -> list[str]:
    if key.name == "environment":
        return sorted({name for value in exact for name in known.environments_named(value)})
    if key.name == "project":
        return [known.project_named(value) for value in exact]
    return [value.upper() for value in exact] if key.name == "method" else exact


def _route(value: str, columns: tuple[str, ...], known: KnownNames) -> Q:
    """A route or URL path, also with its method before it: `POST /api/orders`. `/invoices/7` is also the route that it
    is counted as, once the numbers there are ids."""
    method, _, path = value.partition(" ")
    if method.upper() in _METHODS and path:
        return Q(method=method.upper()) & _route(path, columns, known)
    if values.has_wildcard(value):
        return any_q(like(F(column), values.like_pattern(value)) for column in columns)
    spelled = {values.plain(value), known.as_counted(values.plain(value))}
    return any_q(Q(**{f"{column}__in": sorted(spelled)}) for column in (columns if value else columns[:1]))


def _within(column: str, span: values.Span, *, received: bool) -> Q:
    """`received`: an event is received after it occurred, which leaves out whole partitions."""
    found = Q()
    if span.start is not None:
        found &= Q(**{f"{column}__gte": span.start})
        found &= Q(received_at__gte=span.start) if received else Q()
    return found & Q(**{f"{column}__lt": span.end}) if span.end is not None else found


def like(field: Combinable, pattern: str) -> Q:
    """Whether the field's text fits a pattern of LIKE; upper and lower case are one."""
    options: dict[str, Any] = {"template": "(%(expressions)s)", "arg_joiner": " ILIKE ", "output_field": BooleanField()}
    return Q(Func(field, Value(pattern), **options))


def any_q(options: Iterable[Q]) -> Q:
    found = list(options)
    result = found[0]
    for each in found[1:]:
        result |= each
    return result
