"""Lists over large tables: a time filter that is always on, and counts that stop at some thousands."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

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
    """Pages over the first MAX_ROWS rows; counting a large table takes longer than reading the page."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return len(rows.order_by().values_list("pk")[:MAX_ROWS])


class Since(admin.SimpleListFilter):
    """The last hour (default), day or week by the admin's `since_field`."""

    title = "time"
    parameter_name = "since"
    spans = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        self.field: str = model_admin.since_field
        return [(name, f"Last {name}") for name in self.spans]

    def value(self) -> str:
        chosen = super().value()
        return chosen if chosen in self.spans else "hour"

    def choices(self, changelist: ChangeList) -> Any:
        return list(super().choices(changelist))[1:]  # without "All"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{f"{self.field}__gte": clock.now() - self.spans[self.value()]})
