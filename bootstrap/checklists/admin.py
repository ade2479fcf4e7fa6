"""The admin of checklists: versions and sign-offs are read-only; runs can be closed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from bootstrap.checklists.models import (
    Checklist,
    ChecklistVersion,
    DailyHead,
    EvidenceFile,
    Item,
    ItemDependency,
    RestoreRecord,
    Run,
    RunSchedule,
    Section,
    SectionVariable,
    SignOff,
)
from bootstrap.checklists.runs.close_run import close_runs
from bootstrap.checklists.schedules.open_due import plan
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from opsconsole.lib.web.admin_confirm import confirmation_page
from opsconsole.lib.web.admin_filters import titled, whether
from opsconsole.lib.web.admin_forms import LookedUp
from opsconsole.lib.web.admin_large_tables import AnyTime, BriefLists
from opsconsole.lib.web.admin_read_only import ReadOnlyAdmin

_PLACES = ("run__environment__system", ("run__environment__slug", titled("environment")))
CLOSING = (
    "Once a run is closed, what it proved no longer counts: detections that rely on it go dormant. It stays readable."
)


class ChecklistVersionInline(ReadOnlyAdmin, admin.TabularInline[ChecklistVersion, Checklist]):
    model = ChecklistVersion
    fields = readonly_fields = ("number", "content_hash", "created_at", "created_by")
    extra = 0
    show_change_link = True


class SectionInline(ReadOnlyAdmin, admin.TabularInline[Section, ChecklistVersion]):
    model = Section
    fields = ("order", "slug", "title", "gate")
    extra = 0
    show_change_link = True


class ItemInline(ReadOnlyAdmin, admin.TabularInline[Item, Section]):
    model = Item
    fields = ("order", "key", "text", "kind", "flag", "two_person", "evidence_required", "optional", "level")
    extra = 0
    show_change_link = True


class SectionVariableInline(ReadOnlyAdmin, admin.TabularInline[SectionVariable, Section]):
    model = SectionVariable
    fields = ("order", "variable", "cells")
    extra = 0


class NeedsInline(ReadOnlyAdmin, admin.TabularInline[ItemDependency, Item]):
    model = ItemDependency
    fk_name = "item"
    fields = ("kind", "needs_item", "needs_section")
    extra = 0


@admin.register(Checklist)
class ChecklistAdmin(ReadOnlyAdmin, admin.ModelAdmin[Checklist]):
    list_display = ("title", "slug", "kind", "system", "runbook")
    list_filter = ("kind", "system")
    list_select_related = ("system", "runbook")
    search_fields = ("title", "slug")
    inlines = (ChecklistVersionInline,)


@admin.register(ChecklistVersion)
class ChecklistVersionAdmin(ReadOnlyAdmin, admin.ModelAdmin[ChecklistVersion]):
    list_display = ("checklist", "number", "created_at", "created_by")
    list_filter = ("checklist",)
    list_select_related = ("checklist", "created_by")
    not_listed = ("source",)
    search_fields = ("checklist__title", "checklist__slug")
    date_hierarchy = "created_at"
    inlines = (SectionInline,)


@admin.register(Section)
class SectionAdmin(ReadOnlyAdmin, admin.ModelAdmin[Section]):
    list_display = ("title", "slug", "version", "order", "gate")
    list_filter = ("version__checklist",)
    list_select_related = ("version__checklist",)
    not_listed = ("version__source",)
    search_fields = ("title", "slug")
    inlines = (SectionVariableInline, ItemInline)


@admin.register(Item)
class ItemAdmin(ReadOnlyAdmin, admin.ModelAdmin[Item]):
    list_display = ("key", "text", "kind", "section", "flag", "two_person", "evidence_required")
    list_filter = ("kind", "two_person", "evidence_required", "optional", "section__version__checklist")
    list_select_related = ("section", "flag")
    search_fields = ("key", "text")
    inlines = (NeedsInline,)


@admin.register(Run)
class RunAdmin(BriefLists, admin.ModelAdmin[Run]):
    """Runs are opened on the page of checklists. Closed ones no longer prove anything."""

    list_display = ("environment", "version", "subject", "started_at", "started_by", "closed_at", "outcome", "page")
    list_filter = (
        "version__checklist",
        "environment__system",
        ("environment__slug", titled("environment")),
        ("closed_at", whether("Open", "Closed")),
    )
    list_select_related = ("environment__system", "version__checklist", "started_by")
    not_listed = ("version__source",)
    search_fields = ("environment__slug", "environment__system__slug", "version__checklist__title", "subject")
    date_hierarchy = "started_at"
    fields = (
        *("version", "environment", "subject", "started_at", "started_by"),
        *("closed_at", "closed_by", "outcome", "schedule", "period", "skipped"),
    )
    actions = ("close",)
    show_facets = admin.ShowFacets.ALLOW  # each count reads the choices of all filters again

    def get_readonly_fields(self, request: HttpRequest, obj: Run | None = None) -> tuple[str, ...]:
        return self.fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Runs are opened on the page of checklists, which checks systems, subjects and what is open already."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @admin.display(description="page")
    def page(self, run: Run) -> SafeString:
        return format_html('<a href="{}">Open</a>', run.get_absolute_url())

    @admin.action(description="Close the selected runs", permissions=["change"])
    def close(self, request: HttpRequest, runs: QuerySet[Run]) -> HttpResponse | None:
        asked = confirmation_page(self, request, runs, "close", "Close the selected runs", CLOSING)
        if asked:
            return asked
        assert isinstance(request.user, User)
        closed = close_runs(runs, clock.now(), request.user)
        messages.success(request, f"{closed} closed; what they proved no longer counts.")
        return None


@admin.register(RunSchedule)
class RunScheduleAdmin(LookedUp, admin.ModelAdmin[RunSchedule]):
    """Schedules are written on their pages, with a preview; here they can be changed and, without runs, deleted."""

    list_display = ("checklist", "environment", "subject", "unit", "every", "active", "next_at", "owner")
    list_filter = ("active", "unit", "checklist", "environment__system", ("environment__slug", titled("environment")))
    list_select_related = ("checklist", "environment__system", "owner")
    search_fields = ("checklist__title", "subject", "environment__slug", "environment__system__slug")
    autocomplete_fields = ("checklist", "owner")
    readonly_fields = ("next_at", "problem", "created_at", "created_by")

    def save_model(self, request: HttpRequest, obj: RunSchedule, form: Any, change: bool) -> None:
        """Save it, so that a form on its page that was opened before is refused, and say when it is due next."""
        if change:
            obj.revision += 1
        else:
            assert isinstance(request.user, User)
            obj.created_by = request.user
        super().save_model(request, obj, form, change)
        plan(obj, clock.now())

    def has_delete_permission(self, request: HttpRequest, obj: RunSchedule | None = None) -> bool:
        """Runs name their schedule for good."""
        return super().has_delete_permission(request, obj) and (obj is None or not obj.runs.exists())


@admin.register(SignOff)
class SignOffAdmin(ReadOnlyAdmin, admin.ModelAdmin[SignOff]):
    """The log of who signed what. People sign on the run's page."""

    list_display = ("at", "act", "answer", "item", "environment", "by", "note", "review_by")
    list_filter = (
        AnyTime,
        "act",
        ("review_by", whether("None", "Given", "date of review")),
        *_PLACES,
        "by",
    )
    list_select_related = ("item", "run__environment__system", "by")
    search_fields = ("item__key", "note", "by__username")
    since_field = "at"

    @admin.display(ordering="run__environment")
    def environment(self, act: SignOff) -> str:
        return act.run.environment.path


@admin.register(EvidenceFile)
class EvidenceFileAdmin(ReadOnlyAdmin, admin.ModelAdmin[EvidenceFile]):
    """Files given with sign-offs. They are also linked on the item's page."""

    list_display = ("name", "content_type", "size", "item", "environment", "by", "at")
    list_filter = (
        AnyTime,
        "content_type",
        *_PLACES,
        "by",
    )
    list_select_related = ("item", "run__environment__system", "by")
    not_listed = ("content",)
    search_fields = ("name", "sha256", "item__key", "by__username")
    since_field = "at"
    fields = readonly_fields = ("name", "content_type", "size", "sha256", "run", "item", "by", "at", "download")

    def get_queryset(self, request: HttpRequest) -> QuerySet[EvidenceFile]:
        return super().get_queryset(request).defer("content")

    @admin.display(ordering="run__environment")
    def environment(self, file: EvidenceFile) -> str:
        return file.run.environment.path

    @admin.display(description="file")
    def download(self, file: EvidenceFile) -> SafeString:
        return format_html('<a href="{}">Download</a>', file.get_absolute_url())


@admin.register(DailyHead)
class DailyHeadAdmin(ReadOnlyAdmin, admin.ModelAdmin[DailyHead]):
    """The heads of the chain of sign-offs by day, and whether they were sent."""

    list_display = ("day", "number", "hash", "acts", "webhook_at", "email_at", "error")
    search_fields = ("hash", "error")
    date_hierarchy = "day"


@admin.register(RestoreRecord)
class RestoreRecordAdmin(ReadOnlyAdmin, admin.ModelAdmin[RestoreRecord]):
    """Restores of this database from backups."""

    list_display = ("at", "by_name", "backup_at", "file", "head")
    search_fields = ("file", "sha256", "by_name", "head")
    date_hierarchy = "at"
