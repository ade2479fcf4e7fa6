"""The list of issues: columns, sorts, filters, bulk actions, and rows with sparklines of the last day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db.models import QuerySet
from django.utils.safestring import SafeString

from detections.dashboard.issues.scope import scope_query
from detections.dashboard.search.form import SearchForm, language_filter
from detections.telemetry.issues import queries
from detections.telemetry.issues.figures import users_in_words
from detections.telemetry.issues.scope import FigureScope, with_figures
from detections.telemetry.models import Issue
from detections.telemetry.search.keys import Domain
from detections.telemetry.search.of_issues import search_issues
from detections.telemetry.search.translate import Search
from opsconsole.lib import clock
from opsconsole.lib.charts import small
from opsconsole.lib.web.lists.filters import NameFilter
from opsconsole.lib.web.lists.order import Order, descending
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


def matching(filters: IssueFilterForm) -> QuerySet[Issue]:
    """The issues that the search and the filters let through, with their figures."""
    issues = with_figures(queries.issues(), scope_of(filters)).filter(filters.search.condition)
    if project := filters.chosen_beside("project"):
        issues = issues.filter(project__slug=project)
    return issues


def scope_of(filters: IssueFilterForm) -> FigureScope:
    """Which events the figures of the list count."""
    search, chosen = filters.search, filters.chosen_beside("environment")
    return FigureScope(search.environments or ((chosen,) if chosen else ()), search.release)


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
