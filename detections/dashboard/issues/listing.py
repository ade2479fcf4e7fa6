"""The list of issues: columns, sorts, filters, bulk actions, and rows with sparklines of the last day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils.safestring import SafeString

from detections.dashboard.issues.search import STATUSES, Search, parse
from detections.telemetry import issue_queries
from detections.telemetry.models import Issue
from opsconsole.lib.charts import small
from opsconsole.lib.clock import floor_hour
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
    sorts=(  # each has its index: issue_last_seen, issue_first_seen, issue_events, issue_users
        Sort("last", "Last seen", _most("last_seen", datetime)),
        Sort("first", "First seen", _most("first_seen", datetime)),
        Sort("events", "Events", _most("events", int)),
        Sort("users", "Users", _most("users", int)),
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
    """An issue with a sparkline of its events per hour of the last day."""

    issue: Issue
    spark: SafeString


def matching(filters: IssueFilterForm) -> QuerySet[Issue]:
    """The issues that the search and the filters let through."""
    issues, search, chosen = issue_queries.issues(), filters.search, filters.chosen
    exact = {
        "project__slug": search.project or chosen["project"],
        "status": search.status,
        "level": search.level,
        "exception_type__iexact": search.type,
    }
    issues = issues.filter(**{name: value for name, value in exact.items() if value})
    if search.triage:
        issues = issues.filter(needs_triage=True)
    if search.release:
        issues = issues.filter(Q(first_release=search.release) | Q(last_release=search.release))
    for word in search.text:
        issues = issues.filter(Q(title__icontains=word) | Q(culprit__icontains=word) | Q(value__icontains=word))
    if environment := search.environment or chosen["environment"]:
        issues = issue_queries.seen_in(issues, environment)
    return issues


def rows(issues: list[Issue], now: datetime) -> list[IssueRow]:
    """The rows of the issues. One query."""
    end = floor_hour(now) + timedelta(hours=1)
    counts = issue_queries.hours([issue.pk for issue in issues], end - timedelta(hours=24), end)
    words = "Events per hour, last 24 h"
    return [IssueRow(issue, small.sparkline(counts[issue.pk], label=words, width=96)) for issue in issues]
