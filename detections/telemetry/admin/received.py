"""The admin of projects and keys (editable) and of received data (read only)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from detections.telemetry.count_models import Discard
from detections.telemetry.dsn import dsn
from detections.telemetry.issues.log import IssueLog
from detections.telemetry.models import Event, Issue, Project, ProjectEnvironment, ProjectKey, Series
from detections.telemetry.releases.models import EnvironmentRelease
from opsconsole.lib import clock
from opsconsole.lib.web.admin_confirm import confirmation_page
from opsconsole.lib.web.admin_filters import whether
from opsconsole.lib.web.admin_forms import FewRows, LookedUp
from opsconsole.lib.web.admin_large_tables import AnyTime, Since
from opsconsole.lib.web.admin_read_only import ReadOnlyAdmin, link_to


def _page(name: str, *args: Any) -> SafeString:
    return format_html('<a href="{}">Open</a>', reverse(name, args=args))


class KeyInline(FewRows, admin.TabularInline[ProjectKey, Project]):
    model = ProjectKey
    fields = ("label", "shown", "created_at", "revoked_at")
    readonly_fields = ("shown", "created_at", "revoked_at")
    extra = 0
    can_delete = False
    show_change_link = True

    @admin.display(description="DSN")
    def shown(self, key: ProjectKey) -> str:
        return dsn(settings.PUBLIC_URL, key.public_key, key.project_id) if key.pk else "made on saving"


@admin.register(Project)
class ProjectAdmin(LookedUp, admin.ModelAdmin[Project]):
    """A project is disabled, not deleted: events and alerts refer to it."""

    list_display = ("name", "slug", "app", "enabled", "demo", "events_per_minute_limit", "created_at")
    list_filter = ("enabled", "demo", "app")
    show_facets = admin.ShowFacets.ALLOW
    list_select_related = ("app",)
    search_fields = ("name", "slug")
    autocomplete_fields = ("app",)
    date_hierarchy = "created_at"
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = ("demo",)
    inlines = (KeyInline,)

    def has_delete_permission(self, request: HttpRequest, obj: Project | None = None) -> bool:
        return False


@admin.register(ProjectKey)
class ProjectKeyAdmin(LookedUp, admin.ModelAdmin[ProjectKey]):
    """Keys are public and write-only; a revoked one is refused within 5 seconds."""

    list_display = ("project", "label", "shown", "created_at", "revoked_at")
    list_filter = (("revoked_at", whether("In use", "Revoked")), "project")
    list_select_related = ("project",)
    search_fields = ("project__name", "project__slug", "label", "public_key")
    autocomplete_fields = ("project",)
    date_hierarchy = "created_at"
    fields = ("project", "label", "shown", "created_at", "revoked_at")
    readonly_fields = ("shown", "created_at", "revoked_at")
    actions = ("revoke",)

    @admin.display(description="DSN")
    def shown(self, key: ProjectKey) -> str:
        return dsn(settings.PUBLIC_URL, key.public_key, key.project_id) if key.pk else "made on saving"

    @admin.action(description="Revoke selected keys", permissions=["change"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ProjectKey]) -> HttpResponse | None:
        warning = "Applications that still use these keys can send nothing more. This cannot be undone; make new keys."
        if page := confirmation_page(self, request, keys, "revoke", "Revoke", warning):
            return page
        revoked = list(keys.filter(revoked_at=None))
        done = keys.filter(revoked_at=None).update(revoked_at=clock.now())
        for key in revoked:
            self.log_change(request, key, "Revoked.")
        self.message_user(request, f"{done} revoked; refused within 5 seconds.", messages.SUCCESS)
        return None

    def has_delete_permission(self, request: HttpRequest, obj: ProjectKey | None = None) -> bool:
        return False


@admin.register(ProjectEnvironment)
class ProjectEnvironmentAdmin(ReadOnlyAdmin, admin.ModelAdmin[ProjectEnvironment]):
    list_display = ("project", "name", "environment", "first_event_at", "last_event_at")
    list_filter = ("project", ("environment", whether("Not linked", "Linked", "environment of a system")))
    list_select_related = ("project", "environment__system")
    search_fields = ("name", "project__name")


@admin.register(EnvironmentRelease)
class EnvironmentReleaseAdmin(ReadOnlyAdmin, admin.ModelAdmin[EnvironmentRelease]):
    list_display = ("release", "project_environment", "first_seen", "last_seen")
    list_filter = (AnyTime, "project_environment__project")
    list_select_related = ("project_environment__project",)
    search_fields = ("release",)
    since_field = "first_seen"


class IssueLogInline(ReadOnlyAdmin, admin.TabularInline[IssueLog, Issue]):
    model = IssueLog
    fields = ("at", "old", "new", "actor_name")
    extra = 0


@admin.register(IssueLog)
class IssueLogAdmin(ReadOnlyAdmin, admin.ModelAdmin[IssueLog]):
    list_display = ("at", "of_issue", "old", "new", "actor_name")
    list_filter = (AnyTime, "new")
    list_select_related = ("issue",)
    search_fields = ("issue__title", "actor_name")
    since_field = "at"
    fields = ("of_issue", "at", ("old", "new"), ("actor_name", "actor"))

    @admin.display(description="issue", ordering="issue")
    def of_issue(self, row: IssueLog) -> SafeString:
        return link_to(row.issue)


@admin.register(Issue)
class IssueAdmin(ReadOnlyAdmin, admin.ModelAdmin[Issue]):
    """Resolving and ignoring happen on the issue's own page."""

    list_display = ("title", "project", "status", "level", "events", "users", "last_seen", "page")
    list_filter = (AnyTime, "status", "level", "needs_triage", "project")
    list_select_related = ("project",)
    search_fields = ("title", "culprit")
    since_field = "last_seen"
    inlines = (IssueLogInline,)

    @admin.display(description="page")
    def page(self, issue: Issue) -> SafeString:
        return _page("issue", issue.pk)


@admin.register(Series)
class SeriesAdmin(ReadOnlyAdmin, admin.ModelAdmin[Series]):
    list_display = ("label", "project", "project_environment", "source", "kind", "last_seen", "page")
    list_filter = ("source", "kind", "project")
    list_select_related = ("project", "project_environment__project")
    search_fields = ("route",)

    @admin.display(description="page")
    def page(self, series: Series) -> SafeString:
        return _page("route", series.pk)


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin, admin.ModelAdmin[Event]):
    """Newest first; at most of the last week, so that the list reads few partitions."""

    list_display = ("event_id", "project", "exception_type", "level", "release", "occurred_at", "page")
    list_filter = (Since, "level", "project")
    since_field = "received_at"
    list_select_related = ("project",)
    not_listed = ("body",)
    search_fields = ("event_id__exact",)
    search_help_text = "The whole event id."
    ordering = ("-id",)
    exclude = ("body",)

    @admin.display(description="page")
    def page(self, event: Event) -> SafeString:
        return _page("issue_event", event.issue_id, event.event_id)


@admin.register(Discard)
class DiscardAdmin(ReadOnlyAdmin, admin.ModelAdmin[Discard]):
    """Items that were received and not stored, or dropped by clients, per hour and reason."""

    list_display = ("hour", "project", "reason", "category", "n")
    list_filter = (AnyTime, "category", "reason", "project")
    list_select_related = ("project",)
    since_field = "hour"
