"""Admin pages of what happened: read, searched, never written (no ORM)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


class LookOnly:
    """Mixin of ModelAdmin and inlines, before the base class: no adding, changing or deleting, whatever the rights."""

    show_full_result_count = False  # counting a large table costs more than it tells

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
