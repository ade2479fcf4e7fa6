"""The admin of config health: read-only, except that tokens are made and revoked."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse

from bootstrap.config_health.models import ConfigReport, Finding, ReportToken, VariableChange, VariableState
from bootstrap.config_health.reports import tokens
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from opsconsole.lib.web.admin_confirm import confirmation_page
from opsconsole.lib.web.admin_filters import titled, whether
from opsconsole.lib.web.admin_forms import LookedUp
from opsconsole.lib.web.admin_large_tables import AnyTime
from opsconsole.lib.web.admin_read_only import ReadOnlyAdmin

_PLACES = (
    "deployment__environment__system",
    ("deployment__environment__slug", titled("environment")),
    "deployment__app",
)
_SEARCH = ("deployment__host_name", "deployment__environment__slug")


@admin.register(ReportToken)
class ReportTokenAdmin(LookedUp, admin.ModelAdmin[ReportToken]):
    """The text of a new token is shown once, in the message after saving."""

    list_display = ("hint", "deployment", "created_by", "created_at", "last_used_at", "revoked_at")
    list_filter = (("revoked_at", whether("In use", "Revoked")), *_PLACES)
    list_select_related = ("deployment", "created_by")
    search_fields = ("hint", "created_by__username", *_SEARCH)
    date_hierarchy = "created_at"
    autocomplete_fields = ("deployment",)
    fields = ("deployment",)
    actions = ("revoke",)

    def save_model(self, request: HttpRequest, obj: ReportToken, form: ModelForm[ReportToken], change: bool) -> None:
        assert isinstance(request.user, User)
        made, text = tokens.create(obj.deployment, request.user, clock.now())
        obj.__dict__.update(made.__dict__)
        messages.warning(request, f"The token, shown this once: {text}")

    @admin.action(description="Revoke selected tokens", permissions=["delete"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ReportToken]) -> HttpResponse | None:
        warning = "Agents that use these tokens are refused from the next request on. This cannot be undone."
        if page := confirmation_page(self, request, queryset, "revoke", "Revoke", warning):
            return page
        for token in queryset:
            tokens.revoke(token, clock.now())
        self.message_user(request, f"{len(queryset)} revoked; they are refused from now on.")
        return None

    def has_change_permission(self, request: HttpRequest, obj: ReportToken | None = None) -> bool:
        return False

    def get_actions(self, request: HttpRequest) -> Any:
        """Without deletion: tokens are revoked, so that it stays known whose they were."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions


@admin.register(ConfigReport)
class ConfigReportAdmin(ReadOnlyAdmin, admin.ModelAdmin[ConfigReport]):
    list_display = ("reported_at", "deployment", "release", "agent", "received_at")
    list_filter = (AnyTime, *_PLACES)
    list_select_related = ("deployment",)
    not_listed = ("facts", "other_names", "notes")
    search_fields = ("release", *_SEARCH)
    since_field = "reported_at"


@admin.register(VariableState)
class VariableStateAdmin(ReadOnlyAdmin, admin.ModelAdmin[VariableState]):
    """The last reported state of each variable, never its value."""

    list_display = ("name", "deployment", "state", "format_ok", "accepted_index", "since")
    list_filter = (AnyTime, "state", "format_ok", *_PLACES)
    list_select_related = ("deployment",)
    search_fields = ("name", *_SEARCH)
    since_field = "since"


@admin.register(VariableChange)
class VariableChangeAdmin(ReadOnlyAdmin, admin.ModelAdmin[VariableChange]):
    list_display = ("at", "name", "deployment", "release")
    list_filter = (AnyTime, *_PLACES)
    list_select_related = ("deployment",)
    search_fields = ("name", "release", *_SEARCH)
    since_field = "at"


@admin.register(Finding)
class FindingAdmin(ReadOnlyAdmin, admin.ModelAdmin[Finding]):
    list_display = ("opened_at", "closed_at", "severity", "kind", "subject", "where", "detail")
    list_filter = (AnyTime, "severity", "kind", ("closed_at", whether("Open", "Closed")), *_PLACES)
    list_select_related = ("deployment", "run__environment__system")
    search_fields = ("subject", "detail", *_SEARCH)
    since_field = "opened_at"
