"""The admin of alerts: policies and windows can be edited, what happened is only shown; targets: `target_admin`."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Case, QuerySet, When
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from detections.alerts.admin.policy_forms import NotificationPolicyForm, TimeWindowForm, tree_without
from detections.alerts.delivery_models import Delivery, DeliveryAttempt
from detections.alerts.models import Alert, AlertLog, AlertMember, ScopeSuppression
from detections.alerts.routing.durations import written
from detections.alerts.routing.match_policies import in_tree_order, tree_problems
from detections.alerts.routing_models import NotificationPolicy, TimeWindow
from detections.alerts.routing_queries import routing_tree, timing_of
from detections.alerts.silences.matcher_text import in_words
from detections.alerts.summary.models import DailySummary
from detections.probes.newest import LONG
from detections.rules.silence_models import Silence
from opsconsole.lib.web.admin_large_tables import AnyTime
from opsconsole.lib.web.admin_read_only import ReadOnlyAdmin, link_to

TIMING = (
    "Critical and high alerts (SEV-1 and SEV-2) go each by itself, at once: they never wait for a group. Only alerts "
    "below high do."
)


class LogInline(ReadOnlyAdmin, admin.TabularInline[AlertLog, Alert]):
    model = AlertLog
    fields = ("at", "slot_end", "kind", "old", "new", "actor_name", "why")
    extra = 0
    show_change_link = True


class DeliveryInline(ReadOnlyAdmin, admin.TabularInline[Delivery, Alert]):
    model = Delivery
    fields = ("sequence", "kind", "target", "policy_name", "outcome", "queued_at")
    readonly_fields = ("outcome",)
    extra = 0
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        return super().get_queryset(request).select_related("target", "summary")


class AttemptInline(ReadOnlyAdmin, admin.TabularInline[DeliveryAttempt, Delivery]):
    model = DeliveryAttempt
    fields = ("number", "at", "ok", "response")
    extra = 0
    show_change_link = True


@admin.register(AlertMember)
class AlertMemberAdmin(ReadOnlyAdmin, admin.ModelAdmin[AlertMember]):
    """The scopes that share an alert in a flood, up to thousands of one alert."""

    list_display = ("group", "severity", "count", "joined_at", "cleared_at", "alert")
    list_filter = (AnyTime, "severity", "alert__rule")
    list_select_related = ("scope", "alert__rule", "alert__project_environment__project")
    search_fields = ("scope__group_key", "alert__rule__identifier")
    since_field = "joined_at"

    @admin.display(description="scope", ordering="scope__group_key")
    def group(self, member: AlertMember) -> str:
        return member.scope.group_key


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin, admin.ModelAdmin[Alert]):
    """Acknowledging and resolving happen on the alert's own page, where the log names who did it."""

    list_display = ("name", "severity", "status", "handling", "acknowledged_by", "opened_at", "page")
    list_filter = (AnyTime, "status", "handling", "severity", "rule", "project")
    list_select_related = ("rule", "project_environment__project", "acknowledged_by")
    search_fields = ("rule__identifier", "group_key", "cause")
    since_field = "opened_at"
    inlines = (LogInline, DeliveryInline)

    @admin.display(description="alert", ordering="rule__identifier")
    def name(self, alert: Alert) -> str:
        return str(alert)

    @admin.display(description="page")
    def page(self, alert: Alert) -> SafeString:
        return format_html('<a href="{}">Open</a>', reverse("alert", args=[alert.pk]))


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin, admin.ModelAdmin[Delivery]):
    list_display = ("message", "kind", "outcome", "policy_name", "tries", "queued_at", "of_alert")
    list_filter = (AnyTime, "status", "kind", "target")
    list_select_related = (
        *("alert__rule", "alert__project_environment__project", "target", "summary", "incident"),
        "probe_run__target",
    )
    not_listed = ("summary__content", *(f"probe_run__{name}" for name in LONG), "probe_run__target__body")
    search_fields = ("alert__rule__identifier", "target__address")
    since_field = "queued_at"
    fields = (
        "of_alert",
        "sequence",
        "kind",
        "target",
        "outcome",
        ("policy_name", "window_name", "local_time"),
        "routing",
        "payload",
        ("tries", "queued_at", "next_attempt_at", "lease_until", "sent_at"),
    )
    inlines = (AttemptInline,)

    @admin.display(description="message", ordering="id")
    def message(self, delivery: Delivery) -> str:
        return str(delivery)

    @admin.display(description="about", ordering="alert")
    def of_alert(self, delivery: Delivery) -> SafeString:
        return link_to(delivery.alert or delivery.incident or delivery.summary or delivery.probe_run)


@admin.register(DailySummary)
class DailySummaryAdmin(ReadOnlyAdmin, admin.ModelAdmin[DailySummary]):
    list_display = ("day", "since", "until", "made_at")
    not_listed = ("content",)
    date_hierarchy = "day"
    fields = ("day", ("since", "until"), "made_at", "content")


@admin.register(DeliveryAttempt)
class DeliveryAttemptAdmin(ReadOnlyAdmin, admin.ModelAdmin[DeliveryAttempt]):
    list_display = ("at", "number", "ok", "of_delivery", "answer")
    list_filter = (AnyTime, "ok")
    list_select_related = ("delivery__target", "delivery__alert__rule")
    search_fields = ("delivery__alert__rule__identifier", "response")
    since_field = "at"
    fields = ("of_delivery", "number", "at", "ok", "response")

    @admin.display(description="message", ordering="delivery")
    def of_delivery(self, attempt: DeliveryAttempt) -> SafeString:
        return link_to(attempt.delivery)

    @admin.display(description="answer")
    def answer(self, attempt: DeliveryAttempt) -> str:
        return Truncator(attempt.response).chars(120)


@admin.register(AlertLog)
class AlertLogAdmin(ReadOnlyAdmin, admin.ModelAdmin[AlertLog]):
    list_display = ("at", "of_alert", "kind", "old", "new", "actor_name", "why")
    list_filter = (AnyTime, "kind")
    list_select_related = ("alert__rule", "alert__project_environment__project")
    search_fields = ("alert__rule__identifier", "alert__group_key", "actor_name", "why")
    since_field = "at"
    fields = (
        "of_alert",
        ("at", "slot_end"),
        "kind",
        ("old", "new"),
        ("actor_name", "actor"),
        "why",
        "proof",
        "version",
    )

    @admin.display(description="alert", ordering="alert")
    def of_alert(self, row: AlertLog) -> SafeString:
        return link_to(row.alert)

    @admin.display(description="evidence")
    def proof(self, row: AlertLog) -> SafeString:
        return link_to(row.evidence)


@admin.register(ScopeSuppression)
class ScopeSuppressionAdmin(admin.ModelAdmin[ScopeSuppression]):
    """Deleting a suppression lets the scope open alerts again at once."""

    list_display = ("scope", "severity", "since")
    list_select_related = ("scope__rule", "scope__project_environment__project")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: ScopeSuppression | None = None) -> bool:
        return False


@admin.register(Silence)
class SilenceAdmin(ReadOnlyAdmin, admin.ModelAdmin[Silence]):
    """Silences are made, changed and ended on their own page, where a preview says what they hide."""

    list_display = ("__str__", "hides", "starts_at", "ends_at", "created_by_name", "ended_by_name")
    list_filter = ("rule",)
    search_fields = ("reason", "created_by_name")
    date_hierarchy = "starts_at"
    fields = (
        "hides",
        "reason",
        ("starts_at", "ends_at"),
        ("weekdays", "window_start", "window_end", "zone"),
        "rule",
        ("created_at", "created_by", "created_by_name"),
        ("ended_at", "ended_by", "ended_by_name"),
        "revision",
    )

    @admin.display(description="hides")
    def hides(self, silence: Silence) -> str:
        matchers = [f"{key} {words}" for key, words in in_words(silence.matchers)]
        return ", and ".join(matchers) or "every alert"


@admin.register(TimeWindow)
class TimeWindowAdmin(admin.ModelAdmin[TimeWindow]):
    form = TimeWindowForm
    list_display = ("name", "zone", "start", "end")
    search_fields = ("name",)


@admin.register(NotificationPolicy)
class NotificationPolicyAdmin(admin.ModelAdmin[NotificationPolicy]):
    """The tree in the order in which it is tried. Changes can be tried on the routing page. A policy without which
    alerts have no target cannot be deleted."""

    form = NotificationPolicyForm
    list_display = ("in_tree", "order", "window", "outside_window", "delivery", "timing", "escalation", "tried")
    list_display_links = ("in_tree",)
    list_select_related = ("parent", "window", "escalation")
    filter_horizontal = ("targets", "mute_windows")
    actions = None  # deleting several at once would not check the tree
    fieldsets = (
        ("Which alerts", {"fields": (("order", "name"), "parent", "matchers", ("window", "outside_window"))}),
        ("Where they go", {"fields": ("targets", "delivery", "escalation", "continue_matching", "tags")}),
        (
            "Timing",
            {"fields": (("group_by",), ("group_wait", "group_interval"), "repeat_interval"), "description": TIMING},
        ),
        ("Mute timings", {"fields": ("mute_windows", "mute_critical")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[NotificationPolicy]:
        whens = [When(pk=node.id, then=depth) for node, depth in in_tree_order(routing_tree()) if depth]
        return super().get_queryset(request).annotate(depth=Case(*whens, default=0))

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        """In the order of the tree; policies that are their own ancestors last."""
        tree = in_tree_order(routing_tree())
        places = [When(pk=node.id, then=place) for place, (node, _) in enumerate(tree)]
        return [Case(*places, default=len(tree)).asc(), "order"] if places else ["order"]

    @admin.display(description="policy")
    def in_tree(self, policy: NotificationPolicy) -> str:
        return f"{'— ' * policy.depth}{policy.name}"  # type: ignore[attr-defined]

    @admin.display(description="timing")
    def timing(self, policy: NotificationPolicy) -> str:
        if policy.delivery == NotificationPolicy.Delivery.SUMMARY:
            return "once a day"
        timing = timing_of(policy)
        parts = {"wait": timing.wait, "interval": timing.interval, "repeat": timing.repeat}
        return ", ".join(f"{name} {written(value)}" for name, value in parts.items() if value) or "at once"

    @admin.display(description="try it")
    def tried(self, policy: NotificationPolicy) -> SafeString:
        return format_html('<a href="{}">Try</a>', reverse("routing"))

    def has_delete_permission(self, request: HttpRequest, obj: NotificationPolicy | None = None) -> bool:
        if obj is not None and tree_problems(tree_without({obj.pk})):
            return False
        return super().has_delete_permission(request, obj)
