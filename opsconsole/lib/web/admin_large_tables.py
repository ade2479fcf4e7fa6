"""Lists over large tables: a filter by time, and counts that stop at some thousands."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

from opsconsole.lib import clock

# Rows that are paged through; in longer lists people search.
MAX_ROWS = 10_000


class LimitedPaginator(Paginator):  # type: ignore[type-arg]  # generic for the type checker only
    """Pages over the first `most` rows; counting a large table takes longer than reading the page."""

    most = MAX_ROWS

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return len(rows.order_by().values_list("pk")[: self.most])


class Since(admin.SimpleListFilter):
    """The last hour (default), day or week by the admin's `since_field`."""

    title = "time"
    parameter_name = "since"
    spans: ClassVar[dict[str, timedelta]] = {
        "hour": timedelta(hours=1),
        "day": timedelta(days=1),
        "week": timedelta(days=7),
    }
    default = "hour"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        self.field: str = model_admin.since_field
        return [(name, f"Last {name}") for name in self.spans]

    def value(self) -> str:
        chosen = super().value()
        return chosen if chosen in self.spans else self.default

    def wider(self) -> str:
        """The next longer span; '' for the longest."""
        return dict(pairwise(self.spans)).get(self.value(), "")

    def choices(self, changelist: ChangeList) -> Any:
        return list(super().choices(changelist))[1:]  # without "All"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{f"{self.field}__gte": clock.now() - self.spans[self.value()]})


class AnyTime(Since):
    """Any time (default), or the last hour, day or week: for tables whose order reads few rows without a span."""

    default = ""

    def choices(self, changelist: ChangeList) -> Any:
        whole, *spans = admin.SimpleListFilter.choices(self, changelist)
        return [{**whole, "selected": not self.value()}, *spans]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return super().queryset(request, queryset) if self.value() else queryset


class BriefChangeList(ChangeList):
    """Leaves the columns unread that its admin names as `not_listed`."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        registered: Any = self.model_admin
        return super().get_queryset(request, exclude_parameters).defer(*registered.not_listed)


class BriefLists:
    """Mixin before ModelAdmin: its list does not read columns of tens of kilobytes, a hundred rows at a time."""

    not_listed: ClassVar[tuple[str, ...]] = ()  # those, also of related rows: `version__source`

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        return BriefChangeList
