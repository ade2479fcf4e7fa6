"""The list of issues: columns, sorts, filters, bulk actions, and rows with sparklines of the last day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from django.db.models import Q, QuerySet
from django.utils.safestring import SafeString

from detections.dashboard.issues.scope import scope_query
from detections.dashboard.search.form import SearchForm, language_filter
from detections.telemetry.issues import queries
from detections.telemetry.issues.figures import users_in_words
from detections.telemetry.issues.scope import (
    MOST_COUNTED,
    FigureScope,
    counts_users,
    with_figures,
    with_most_users,
)
from detections.telemetry.models import Issue
from detections.telemetry.search.atoms import any_q
from detections.telemetry.search.keys import Domain
from detections.telemetry.search.of_issues import search_issues
from detections.telemetry.search.translate import Search
from opsconsole.lib import clock
from opsconsole.lib.charts import small
from opsconsole.lib.web.lists.filters import NameFilter
from opsconsole.lib.web.lists.keyset import Either
from opsconsole.lib.web.lists.order import Order, descending
from opsconsole.lib.web.lists.query import ListPage, ListQuery
from opsconsole.lib.web.lists.spec import BulkAction, Column, ListSpec, Sort

MAY_ACT = "detections.change_issue"
UNRESOLVED = f"is:{Issue.Status.UNRESOLVED}"


class IssueFilterForm(SearchForm):
    """The search, and two of its keys as choices."""

    q = language_filter(
        Domain.ISSUES,
        label="Search issues",
        placeholder="is:unresolved environment:prod text",
        initial=UNRESOLVED,
        list="search-words",
    )
    project = NameFilter(label="Project", any_label="All projects")
    environment = NameFilter(label="Environment", any_label="All environments")

    @cached_property
    def search(self) -> Search:
        return search_issues(self.chosen["q"], clock.now())


def _most(field: str, kind: type) -> Order:
    return (descending(field, kind), descending("pk", int))


ISSUES = ListSpec(
    id="issues",
    url="issue_list",
    label="Issues",
    noun="issue",
    template="detections/dashboard/issue_list.html",
    row="detections/dashboard/_issue_row.html",
    columns=(
        Column("Issue"),
        Column("Status"),
        Column("Last 24 h"),
        Column("Events", "events", "num"),
        Column("Users", "users", "num"),
        Column("Last seen", "last"),
        Column("First seen", "first"),
    ),
    # Over all events each has its index: issue_last_seen, issue_first_seen, issue_events, issue_users.
    sorts=(
        Sort("last", "Last seen", _most("figure_last", datetime)),
        Sort("first", "First seen", _most("figure_first", datetime)),
        Sort("events", "Events", _most("figure_events", int)),
        Sort("users", "Users", _most("figure_users", int)),
    ),
    filters=IssueFilterForm,
    actions=(
        BulkAction(Issue.Status.RESOLVED, "Resolve"),
        BulkAction(
            Issue.Status.IGNORED,
            "Ignore",
            confirm="Ignored issues leave the list and do not come back to it by themselves, however often they recur.",
        ),
        BulkAction(Issue.Status.UNRESOLVED, "Reopen"),
    ),
    bulk_url="issues_bulk",
    permission=MAY_ACT,
)


@dataclass(frozen=True)
class IssueRow:
    """An issue with a sparkline of its events per hour of the last day. `query`: the part of a URL that carries the
    scope of its figures to its page."""

    issue: Issue
    users: str
    spark: SafeString
    query: str


def matching(filters: IssueFilterForm) -> tuple[QuerySet[Issue], tuple[Q, ...]]:
    """The issues that the filters let through, with their figures, and the conditions of the search: one must hold."""
    search, scope = filters.search, scope_of(filters)
    issues = with_figures(queries.issues(), scope)
    if project := filters.chosen_beside("project"):
        issues = issues.filter(project__slug=project)
    its_own = scope == FigureScope(search.environments, search.release)
    return issues, search.alternatives if its_own else (search.condition,)


def scope_of(filters: IssueFilterForm) -> FigureScope:
    """Which events the figures of the list count."""
    search, chosen = filters.search, filters.chosen_beside("environment")
    return FigureScope(search.environments or ((chosen,) if chosen else ()), search.release)


def page_of(query: ListQuery, filters: IssueFilterForm) -> ListPage:
    """The page that is asked for. To sort by users that have to be counted, only so many issues are looked at."""
    scope, (issues, conditions) = scope_of(filters), matching(filters)
    if query.sort.key == "users" and counts_users(scope):
        return _by_users(query, issues.filter(any_q(conditions)), filters)
    if len(conditions) > 1:
        return query.page(Either(issues, conditions))
    return query.page(issues.filter(*conditions), wide=bool(scope))


def _by_users(query: ListQuery, issues: QuerySet[Issue], filters: IssueFilterForm) -> ListPage:
    scope = scope_of(filters)
    sorted_ones = with_most_users(issues, scope, fewest=query.reversed)
    page = query.page(with_figures(queries.issues(), scope).filter(pk__in=sorted_ones), wide=True)
    if len(sorted_ones) < MOST_COUNTED:
        return page
    end = "fewest" if query.reversed else "most"
    filters.remarks.append(
        f"Users {scope.words} are counted issue by issue: sorted are the {MOST_COUNTED:,} issues that can have {end}."
    )
    return replace(page, more_than_total=True)


def rows(issues: list[Issue], now: datetime, scope: FigureScope = queries.EVERYTHING) -> list[IssueRow]:
    """The rows of the issues, which have figures of the scope. One query."""
    counts = queries.hours([issue.pk for issue in issues], *queries.last_day(now), scope)
    words, query = " ".join(filter(None, ("Events per hour, last 24 h", scope.words))), scope_query(scope)
    return [
        IssueRow(
            issue,
            users_in_words(issue.figure_users),  # type: ignore[attr-defined]  # with_figures
            small.sparkline(counts[issue.pk], label=words, width=96),
            query,
        )
        for issue in issues
    ]
