"""The admin of imports and of postures that wait for a deployment, read-only."""

from __future__ import annotations

from django.contrib import admin

from bootstrap.importer.models import RunbookDraft, RunbookEdit, RunbookImport, WaitingPosture
from opsconsole.lib.web.admin_large_tables import AnyTime
from opsconsole.lib.web.admin_read_only import ReadOnlyAdmin


@admin.register(RunbookImport)
class RunbookImportAdmin(ReadOnlyAdmin, admin.ModelAdmin[RunbookImport]):
    list_display = ("__str__", "state", "by", "created_at", "moved_at", "attempts", "version")
    list_filter = (AnyTime, "state", "by")
    list_select_related = ("by", "version__runbook")
    not_listed = ("source", "version__source", "version__summary")
    search_fields = ("name", "message", "version__runbook__title")
    since_field = "created_at"


@admin.register(WaitingPosture)
class WaitingPostureAdmin(ReadOnlyAdmin, admin.ModelAdmin[WaitingPosture]):
    list_display = ("environment", "date", "app", "version", "line")
    list_filter = ("app", "environment")
    list_select_related = ("app__system", "version__runbook")
    not_listed = ("version__source", "version__summary")
    search_fields = ("environment", "text", "version__runbook__title")


@admin.register(RunbookEdit)
class RunbookEditAdmin(ReadOnlyAdmin, admin.ModelAdmin[RunbookEdit]):
    list_display = ("version", "base", "reason")
    list_select_related = ("version__runbook", "base__runbook")
    not_listed = ("version__source", "version__summary", "base__source", "base__summary")
    search_fields = ("reason", "version__runbook__title")


@admin.register(RunbookDraft)
class RunbookDraftAdmin(ReadOnlyAdmin, admin.ModelAdmin[RunbookDraft]):
    list_display = ("runbook", "by", "base", "changed_at")
    list_filter = ("by",)
    list_select_related = ("runbook", "by", "base__runbook")
    not_listed = ("text", "acts", "base__source", "base__summary")
    search_fields = ("runbook__title",)
