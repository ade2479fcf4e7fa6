"""The admin of runbooks: their versions are looked at, imports write them."""

from __future__ import annotations

from django.contrib import admin

from bootstrap.runbooks.models import Runbook, RunbookVersion
from opsconsole.lib.look_only import LookOnly


class VersionInline(LookOnly, admin.TabularInline[RunbookVersion, Runbook]):
    model = RunbookVersion
    fields = readonly_fields = ("number", "content_hash", "created_at", "created_by")
    extra = 0
    show_change_link = True


@admin.register(Runbook)
class RunbookAdmin(LookOnly, admin.ModelAdmin[Runbook]):
    list_display = ("title", "slug", "system")
    list_filter = ("system",)
    list_select_related = ("system",)
    search_fields = ("title", "slug")
    inlines = (VersionInline,)


@admin.register(RunbookVersion)
class RunbookVersionAdmin(LookOnly, admin.ModelAdmin[RunbookVersion]):
    list_display = ("runbook", "number", "created_at", "created_by")
    list_filter = ("runbook",)
    list_select_related = ("runbook", "created_by")
    search_fields = ("source",)
    date_hierarchy = "created_at"
