"""Read-only admin pages."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.admin import ShowFacets
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from opsconsole.lib.web.admin_large_tables import BriefLists, LimitedPaginator


class ReadOnlyAdmin(BriefLists):
    """Mixin before ModelAdmin or an inline: nobody may add, change or delete, whatever their permissions.

    What the console writes may grow without end: nothing of such a list counts the whole table.
    """

    show_full_result_count = False
    show_facets: ClassVar[ShowFacets] = ShowFacets.NEVER  # a count for each choice of a filter
    paginator: Any = LimitedPaginator

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def link_to(row: Model | None) -> SafeString:
    """A link to the row's page in the admin, where read-only foreign keys are plain text; `none` for None."""
    if row is None:
        return format_html("{}", "none")
    address = reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', address, row)
