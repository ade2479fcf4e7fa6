"""Admin pages of what happened: read, searched, never written."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString


class LookOnly:
    """Mixin of ModelAdmin and inlines, before the base class: no adding, changing or deleting, whatever the rights."""

    show_full_result_count = False  # counting a large table costs more than it tells

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def link_to(row: Model | None) -> SafeString:
    """A link to a row's own page in the admin: a foreign key that is only looked at is plain text there."""
    if row is None:
        return format_html("{}", "none")
    address = reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', address, row)
