"""The admin of runbooks, read-only: imports write their versions."""

from __future__ import annotations

from django.contrib import admin

from bootstrap.runbooks.models import Runbook, RunbookVersion
from bootstrap.runbooks.version_contents import CrossReference, IncidentText, Policy, PolicyExample, PolicyTable
from opsconsole.lib.web.admin_read_only import ReadOnlyAdmin


class RunbookVersionInline(ReadOnlyAdmin, admin.TabularInline[RunbookVersion, Runbook]):
    model = RunbookVersion
    fields = readonly_fields = ("number", "content_hash", "created_at", "created_by")
    extra = 0
    show_change_link = True


@admin.register(Runbook)
class RunbookAdmin(ReadOnlyAdmin, admin.ModelAdmin[Runbook]):
    list_display = ("title", "slug", "system")
    list_filter = ("system",)
    list_select_related = ("system",)
    search_fields = ("title", "slug")
    inlines = (RunbookVersionInline,)


@admin.register(RunbookVersion)
class RunbookVersionAdmin(ReadOnlyAdmin, admin.ModelAdmin[RunbookVersion]):
    list_display = ("runbook", "number", "created_at", "created_by")
    list_filter = ("runbook",)
    list_select_related = ("runbook", "created_by")
    not_listed = ("source", "summary")
    search_fields = ("source",)
    date_hierarchy = "created_at"


class PolicyTableInline(ReadOnlyAdmin, admin.TabularInline[PolicyTable, Policy]):
    model = PolicyTable
    fields = readonly_fields = ("order", "kind", "header", "rows")
    extra = 0


class PolicyExampleInline(ReadOnlyAdmin, admin.TabularInline[PolicyExample, Policy]):
    model = PolicyExample
    fields = readonly_fields = ("order", "language", "code")
    extra = 0


@admin.register(Policy)
class PolicyAdmin(ReadOnlyAdmin, admin.ModelAdmin[Policy]):
    list_display = ("title", "slug", "version", "checklist_slug")
    list_filter = ("version__runbook",)
    list_select_related = ("version__runbook",)
    not_listed = ("version__source", "version__summary")
    search_fields = ("title", "slug", "text")
    inlines = (PolicyTableInline, PolicyExampleInline)


@admin.register(IncidentText)
class IncidentTextAdmin(ReadOnlyAdmin, admin.ModelAdmin[IncidentText]):
    list_display = ("title", "date_text", "references", "policy", "version")
    list_filter = ("version__runbook", "precision")
    list_select_related = ("version__runbook", "policy")
    not_listed = ("version__source", "version__summary")
    search_fields = ("title", "failure", "references")


@admin.register(CrossReference)
class CrossReferenceAdmin(ReadOnlyAdmin, admin.ModelAdmin[CrossReference]):
    list_display = ("title", "target", "version")
    list_filter = ("version__runbook",)
    list_select_related = ("version__runbook",)
    not_listed = ("version__source", "version__summary")
    search_fields = ("title", "target")
