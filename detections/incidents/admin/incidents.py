"""Incidents in the admin, read only: what changes them is traced on their pages; the severities, and the vocabulary."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from detections.incidents.models import (
    BugClass,
    ContributingFactor,
    Incident,
    IncidentAlert,
    IncidentLink,
    IncidentRole,
    SeverityLevel,
)
from opsconsole.lib.web.admin_read_only import ReadOnlyAdmin


class _Rows(ReadOnlyAdmin, admin.TabularInline[Model, Incident]):
    extra = 0


class IncidentAlertInline(_Rows):
    model = IncidentAlert
    fields = readonly_fields = ("alert", "added_at", "added_by", "removed_at")


class IncidentRoleInline(_Rows):
    model = IncidentRole


class IncidentLinkInline(_Rows):
    model = IncidentLink
    fields = readonly_fields = ("text", "url", "variable", "added_at", "added_by")


@admin.register(Incident)
class IncidentAdmin(ReadOnlyAdmin, admin.ModelAdmin[Incident]):
    """Its page has the acts, each a line of the timeline."""

    list_display = ("name", "title", "severity", "status", "commander", "declared_at", "bug_class")
    list_filter = ("status", "severity", "bug_class")
    list_select_related = ("commander", "bug_class")
    search_fields = ("title", "summary")
    date_hierarchy = "declared_at"
    inlines = (IncidentAlertInline, IncidentRoleInline, IncidentLinkInline)

    def view_on_site(self, obj: Incident) -> str:
        return obj.get_absolute_url()


@admin.register(SeverityLevel)
class SeverityLevelAdmin(admin.ModelAdmin[SeverityLevel]):
    """There are five; what they mean and ask for is edited."""

    list_display = ("__str__", "meaning", "update_minutes", "postmortem_days")
    readonly_fields = ("severity",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(BugClass, ContributingFactor)
class VocabularyAdmin(admin.ModelAdmin[Model]):
    """Words that incidents are described and found by."""

    list_display = ("name", "description")
    search_fields = ("name", "description")
