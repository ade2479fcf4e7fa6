"""The admin of counts, coverage and receipts; read only."""

from __future__ import annotations

from django.contrib import admin

from detections.telemetry.count_models import Coverage, HourCount, MinuteCount, Receipt
from detections.telemetry.issues.models import IssueEnvironment, IssueRelease, IssueUser
from detections.telemetry.models import Grouping, IssueHour
from detections.telemetry.places.numbered_place import NumberedPlace
from opsconsole.lib.web.admin_large_tables import Since
from opsconsole.lib.web.admin_read_only import ReadOnlyAdmin


@admin.register(MinuteCount)
class MinuteCountAdmin(ReadOnlyAdmin, admin.ModelAdmin[MinuteCount]):
    list_display = ("minute", "project", "series", "n")
    list_filter = (Since, "project")
    since_field = "minute"
    list_select_related = ("project", "series")
    ordering = ("-minute",)


@admin.register(HourCount)
class HourCountAdmin(ReadOnlyAdmin, admin.ModelAdmin[HourCount]):
    list_display = ("hour", "series", "n")
    list_filter = (Since, "series__project")
    since_field = "hour"
    list_select_related = ("series",)
    ordering = ("-hour",)


@admin.register(NumberedPlace)
class NumberedPlaceAdmin(ReadOnlyAdmin, admin.ModelAdmin[NumberedPlace]):
    """Which numbers in paths are ids, and which are being looked at."""

    list_display = ("pattern", "project", "seen_at", "learned_at", "linked_at")
    list_filter = ("project",)
    list_select_related = ("project",)
    search_fields = ("pattern",)
    ordering = ("-seen_at",)


@admin.register(IssueHour)
class IssueHourAdmin(ReadOnlyAdmin, admin.ModelAdmin[IssueHour]):
    list_display = ("hour", "issue", "project_environment", "n")
    list_filter = (Since, "project_environment__project")
    since_field = "hour"
    list_select_related = ("issue", "project_environment__project")
    ordering = ("-hour",)


@admin.register(IssueEnvironment)
class IssueEnvironmentAdmin(ReadOnlyAdmin, admin.ModelAdmin[IssueEnvironment]):
    """What a filter by environment shows of an issue."""

    list_display = ("issue", "project_environment", "events", "users", "first_seen", "last_seen")
    list_select_related = ("issue", "project_environment__project")
    ordering = ("-pk",)


@admin.register(IssueRelease)
class IssueReleaseAdmin(ReadOnlyAdmin, admin.ModelAdmin[IssueRelease]):
    """What a filter by release shows of an issue."""

    list_display = ("issue", "release", "project_environment", "events", "first_seen", "last_seen")
    search_fields = ("release__exact",)
    search_help_text = "The whole name of a release."
    list_select_related = ("issue", "project_environment__project")
    ordering = ("-pk",)


@admin.register(IssueUser)
class IssueUserAdmin(ReadOnlyAdmin, admin.ModelAdmin[IssueUser]):
    """Hashes only: how many users are affected, not which."""

    list_display = ("issue", "user_hash")
    list_select_related = ("issue",)


@admin.register(Grouping)
class GroupingAdmin(ReadOnlyAdmin, admin.ModelAdmin[Grouping]):
    list_display = ("fingerprint", "project", "issue")
    list_filter = ("project",)
    list_select_related = ("project", "issue")
    search_fields = ("fingerprint__exact",)


@admin.register(Coverage)
class CoverageAdmin(ReadOnlyAdmin, admin.ModelAdmin[Coverage]):
    """Minutes in which ingest was up: there, no events means zero."""

    list_display = ("minute", "source", "project")
    list_filter = (Since, "source", "project")
    since_field = "minute"
    list_select_related = ("project",)
    ordering = ("-minute",)


@admin.register(Receipt)
class ReceiptAdmin(ReadOnlyAdmin, admin.ModelAdmin[Receipt]):
    list_display = ("event_id", "project", "received_at")
    list_filter = (Since, "project")
    since_field = "received_at"
    list_select_related = ("project",)
    search_fields = ("event_id__exact",)
    ordering = ("-received_at",)
