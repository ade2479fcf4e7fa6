"""The admin of alerts: routes, windows and targets are edited here; what happened is only looked at."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from detections.alerts.admin_forms import RouteForm, TargetForm, TimeWindowForm, tree_without
from detections.alerts.models import (
    Alert,
    AlertLog,
    Delivery,
    DeliveryAttempt,
    Route,
    ScopeHold,
    Target,
    TimeWindow,
)
from detections.alerts.routing import tree_problems
from opsconsole.lib.look_only import LookOnly


class LogInline(LookOnly, admin.TabularInline[AlertLog, Alert]):
    model = AlertLog
    fields = ("at", "slot_end", "kind", "old", "new", "actor_name", "why")
    extra = 0


class DeliveryInline(LookOnly, admin.TabularInline[Delivery, Alert]):
    model = Delivery
    fields = ("sequence", "kind", "target", "route_name", "status", "queued_at", "sent_at")
    extra = 0
    show_change_link = True


class AttemptInline(LookOnly, admin.TabularInline[DeliveryAttempt, Delivery]):
    model = DeliveryAttempt
    fields = ("number", "at", "ok", "response")
    extra = 0


@admin.register(Alert)
class AlertAdmin(LookOnly, admin.ModelAdmin[Alert]):
    """Acknowledging and resolving happen on the alert's own page, where the log names who did it."""

    list_display = ("name", "severity", "condition", "handling", "acknowledged_by", "opened_at", "page")
    list_filter = ("condition", "handling", "severity", "rule", "project")
    list_select_related = ("rule", "project_environment__project", "acknowledged_by")
    search_fields = ("rule__identifier", "group_key", "cause")
    date_hierarchy = "opened_at"
    show_facets = admin.ShowFacets.ALLOW
    inlines = (LogInline, DeliveryInline)

    @admin.display(description="alert", ordering="rule__identifier")
    def name(self, alert: Alert) -> str:
        return str(alert)

    @admin.display(description="page")
    def page(self, alert: Alert) -> SafeString:
        return format_html('<a href="{}">Open</a>', reverse("alert", args=[alert.pk]))


@admin.register(Delivery)
class DeliveryAdmin(LookOnly, admin.ModelAdmin[Delivery]):
    list_display = ("alert", "sequence", "kind", "target", "route_name", "status", "tries", "queued_at")
    list_filter = ("status", "kind", "target")
    list_select_related = ("alert__rule", "alert__project_environment__project", "target")
    date_hierarchy = "queued_at"
    inlines = (AttemptInline,)


@admin.register(ScopeHold)
class ScopeHoldAdmin(admin.ModelAdmin[ScopeHold]):
    """A hold may be lifted: deleting it lets the scope alert again at once."""

    list_display = ("scope", "severity", "since")
    list_select_related = ("scope__rule", "scope__project_environment__project")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: ScopeHold | None = None) -> bool:
        return False


@admin.register(TimeWindow)
class TimeWindowAdmin(admin.ModelAdmin[TimeWindow]):
    form = TimeWindowForm
    list_display = ("name", "zone", "start", "end")
    search_fields = ("name",)


@admin.register(Target)
class TargetAdmin(admin.ModelAdmin[Target]):
    form = TargetForm
    list_display = ("name", "channel", "stands_for", "address", "enabled")
    list_filter = ("channel", "enabled")
    search_fields = ("name", "address")


@admin.register(Route)
class RouteAdmin(admin.ModelAdmin[Route]):
    """Try changes out on the routing page; a route whose loss would lose alerts cannot be deleted."""

    form = RouteForm
    list_display = ("order", "name", "parent", "window", "outside_window", "delivery", "tried")
    list_display_links = ("name",)
    list_select_related = ("parent", "window")
    filter_horizontal = ("targets",)
    actions = None  # deleting several at once would not ask whether the tree stays whole

    @admin.display(description="try it")
    def tried(self, route: Route) -> SafeString:
        return format_html('<a href="{}">Try</a>', reverse("routing"))

    def has_delete_permission(self, request: HttpRequest, obj: Route | None = None) -> bool:
        if obj is not None and tree_problems(tree_without({obj.pk})):
            return False
        return super().has_delete_permission(request, obj)
