"""The list of issues: columns, sorts, filters, bulk actions, and rows with sparklines of the last day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.safestring import SafeString

from detections.dashboard.issues.scope import scope_query
from detections.dashboard.issues.search import STATUSES, Search, parse
from detections.telemetry import issue_queries
from detections.telemetry.issue_figures import users_in_words
from detections.telemetry.issue_scope import FigureScope, with_figures
from detections.telemetry.models import Issue
from opsconsole.lib.charts import small
from opsconsole.lib.web.lists.filters import FilterForm, NameFilter, SearchFilter
from opsconsole.lib.web.lists.order import Order, descending
from opsconsole.lib.web.lists.spec import BulkAction, Column, ListSpec, Sort

MAY_ACT = "detections.change_issue"
UNRESOLVED = f"is:{Issue.Status.UNRESOLVED}"
KNOWN_STATUSES = ", ".join(f"is:{word}" for word in (*STATUSES, "triage"))


class IssueFilterForm(FilterForm):
    """The search language, and two of its keys as choices."""

    q = SearchFilter(
        label="Search issues",
        placeholder="is:unresolved environment:prod text",
        initial=UNRESOLVED,
        list="search-words",
        aria_describedby="search-help",
        autocomplete="off",
    )
    project = NameFilter(label="Project", any_label="All projects")
    environment = NameFilter(label="Environment", any_label="All environments")

    @property
    def search(self) -> Search:
        """The search, parsed."""
        return parse(self.chosen["q"])

    def remark_on_search(self) -> None:
        """Adds remarks on words of the search that are unknown, and on filters that the search overrides."""
        search = self.search
        if search.unknown:
            words = ", ".join(f"“{word}”" for word in search.unknown)
            others = "and the other keys with a value"
            self.remarks.append(
                f"Search {words} was not understood and left out; there are: {KNOWN_STATUSES}, {others}."
            )
        for name in ("project", "environment"):
            ours, theirs = getattr(search, name), self.chosen[name]
            if ours and theirs and ours != theirs:
                self.remarks.append(f"{name.capitalize()} is in the search (“{ours}”) and chosen; the search counts.")


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
    issues, search, chosen = issue_queries.issues(), filters.search, filters.chosen
    exact = {
        "project__slug": search.project or chosen["project"],
        "status": search.status,
        "level": search.level,
        "exception_type__iexact": search.type,
    }
    issues = with_figures(issues, scope_of(filters)).filter(**{name: value for name, value in exact.items() if value})
    if search.triage:
        issues = issues.filter(needs_triage=True)
    for word in search.text:
        issues = issues.filter(Q(title__icontains=word) | Q(culprit__icontains=word) | Q(value__icontains=word))
    return issues


def scope_of(filters: IssueFilterForm) -> FigureScope:
    """Which events the figures of the list count."""
    search = filters.search
    environment = search.environment or filters.chosen["environment"]
    return FigureScope((environment,) if environment else (), search.release)


def rows(issues: list[Issue], now: datetime, scope: FigureScope = issue_queries.EVERYTHING) -> list[IssueRow]:
    """The rows of the issues, which have figures of the scope. One query."""
    counts = issue_queries.hours([issue.pk for issue in issues], *issue_queries.last_day(now), scope)
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
