"""The admin of rules: editing makes a new version; evaluations, evidence and baselines are read-only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from detections.rules import page, queries, set_mode
from detections.rules.lifecycle.publish import publish
from detections.rules.lifecycle.state import muted_now
from detections.rules.models import (
    Baseline,
    BaselineCell,
    Evaluation,
    Evidence,
    Exclusion,
    FixtureRun,
    Rule,
    RuleVersion,
    Scope,
    Slot,
    Verdict,
)
from detections.rules.rule_form.form import RuleForm
from detections.rules.silence_models import with_mutes
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from opsconsole.lib.text.humanize import utc
from opsconsole.lib.web.admin_read_only import ReadOnlyAdmin


@admin.register(Rule)
class RuleAdmin(admin.ModelAdmin[Rule]):
    """Saving makes a version through `publish`; the history tab shows versions with what each changed."""

    form = RuleForm
    save_as = True
    list_display = ("identifier", "title", "category", "mode_shown", "owner", "version", "page")
    list_filter = ("mode", "category")
    list_select_related = ("current",)
    search_fields = ("identifier", "title", "owner")
    show_facets = admin.ShowFacets.ALLOW
    actions = ("arm", "to_draft", "mute")
    object_history_template = "admin/detections/rule/versions.html"
    fieldsets = (
        (None, {"fields": ("identifier", "title", "category", "owner", "reason")}),
        (
            "What it counts",
            {
                "fields": (
                    ("project", "environment"),
                    "route",
                    "levels",
                    ("exception_type", "message_contains"),
                    ("status_class", "group_by"),
                    "tags",
                    "sources",
                )
            },
        ),
        (
            "When it fires",
            {
                "fields": (
                    ("counts", "window_minutes"),
                    ("floor_medium", "floor_high", "floor_critical"),
                    "floor_mode",
                    ("method", "k", "alpha"),
                    ("high_alpha", "hour_alpha"),
                    ("early_from_hours", "alarms_per_week"),
                    ("reads_reports", "variables"),
                    "kinds",
                    ("finding_critical", "finding_warning", "finding_info"),
                    ("watches_rules", "error_slots", "error_severity"),
                    ("watches_console", "checks", "check_minutes", "check_severity"),
                    ("watches_itself", "self_severity"),
                    "self_checks",
                    ("for_minutes", "keep_firing_minutes"),
                    "signatures",
                )
            },
        ),
        ("Who answers, and what not to do", {"fields": ("escalation", "guardrails", "labels", "parent")}),
        (
            "What it is for",
            {
                "fields": (
                    "documentation",
                    "fixtures",
                    ("expected_false_positives_per_week", "expected_false_positives_note"),
                    "claimed_validation",
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rule]:
        return with_mutes(super().get_queryset(request))

    @admin.display(description="mode", ordering="mode")
    def mode_shown(self, rule: Rule) -> str:
        if muted_now(rule, clock.now()) and rule.muted_until:
            return f"Muted until {utc(rule.muted_until)}"
        return rule.get_mode_display()

    @admin.display(description="version", ordering="current__number")
    def version(self, rule: Rule) -> str:
        return f"v{rule.current.number}" if rule.current else "none"

    @admin.display(description="page")
    def page(self, rule: Rule) -> SafeString:
        return format_html('<a href="{}">Open</a>', reverse("rule", args=[rule.identifier]))

    def view_on_site(self, rule: Rule) -> str:
        return reverse("rule", args=[rule.identifier])

    def has_delete_permission(self, request: HttpRequest, obj: Rule | None = None) -> bool:
        return False  # versions and alerts refer to it: retire it instead

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Adds the rule's guardrails, which are to be read before a change."""
        old = context["adminform"].form.old
        context["guardrails"] = [guardrail.text for guardrail in old.guardrails] if old else []
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Rule, form: Any, change: bool) -> None:
        assert isinstance(request.user, User)
        version = publish(
            obj.identifier, form.spec, now=clock.now(), author=request.user, reason=form.cleaned_data["reason"]
        )
        obj.pk = version.rule_id
        obj.refresh_from_db()

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        rule = self.get_object(request, object_id)
        shown = page.versions(queries.versions_of(rule)) if rule else []
        return super().history_view(request, object_id, {**(extra_context or {}), "versions": shown})

    @admin.action(description="Activate", permissions=["change"])
    def arm(self, request: HttpRequest, rules: QuerySet[Rule]) -> HttpResponse | None:
        return self._confirmed(request, rules, "arm", "Activate", set_mode.arm)

    @admin.action(description="Back to draft (judged no more)", permissions=["change"])
    def to_draft(self, request: HttpRequest, rules: QuerySet[Rule]) -> HttpResponse | None:
        return self._confirmed(request, rules, "to_draft", "Put back to draft", set_mode.to_draft)

    @admin.action(description="Mute for 1 hour", permissions=["change"])
    def mute(self, request: HttpRequest, rules: QuerySet[Rule]) -> HttpResponse | None:
        return self._confirmed(request, rules, "mute", "Mute for one hour", set_mode.mute_for_an_hour)

    def _confirmed(
        self,
        request: HttpRequest,
        rules: QuerySet[Rule],
        action: str,
        label: str,
        act: Callable[[Rule, datetime, User], None],
    ) -> HttpResponse | None:
        """Asks for confirmation on a page of its own, then carries out the act on each rule."""
        assert isinstance(request.user, User)
        if "confirmed" not in request.POST:
            context = {
                **self.admin_site.each_context(request),
                "title": f"{label}?",
                "rules": rules,
                "action": action,
                "label": label,
                "opts": self.model._meta,
            }
            return TemplateResponse(request, "admin/detections/rule/confirm.html", context)
        for rule in rules:
            try:
                act(rule, clock.now(), request.user)
            except set_mode.NothingToArm as error:
                self.message_user(request, str(error), messages.ERROR)
            else:
                self.log_change(request, rule, f"{label}.")
                self.message_user(request, f"{label}: {rule.identifier}, done.", messages.SUCCESS)
        return None


@admin.register(RuleVersion)
class RuleVersionAdmin(ReadOnlyAdmin, admin.ModelAdmin[RuleVersion]):
    list_display = ("rule", "number", "author_name", "reason", "created_at")
    list_filter = ("rule",)
    list_select_related = ("rule",)
    date_hierarchy = "created_at"


@admin.register(FixtureRun)
class FixtureRunAdmin(ReadOnlyAdmin, admin.ModelAdmin[FixtureRun]):
    list_display = ("version", "passed", "at", "by")
    list_filter = ("passed",)
    list_select_related = ("version__rule", "by")


@admin.register(Scope)
class ScopeAdmin(ReadOnlyAdmin, admin.ModelAdmin[Scope]):
    list_display = ("rule", "project_environment", "group_key", "settling_until")
    list_filter = ("rule",)
    list_select_related = ("rule", "project_environment__project")
    search_fields = ("group_key",)


@admin.register(Slot)
class SlotAdmin(ReadOnlyAdmin, admin.ModelAdmin[Slot]):
    list_display = ("slot_end", "status", "scopes", "evaluated_at")
    list_filter = ("status",)
    ordering = ("-slot_end",)
    date_hierarchy = "slot_end"


@admin.register(Evaluation)
class EvaluationAdmin(ReadOnlyAdmin, admin.ModelAdmin[Evaluation]):
    list_display = ("slot_end", "scope", "revision", "outcome", "severity", "count", "limit", "shadow", "late")
    list_filter = ("outcome", "severity", "shadow", "late")
    list_select_related = ("scope__rule", "scope__project_environment__project")
    ordering = ("-slot_end", "-id")
    date_hierarchy = "slot_end"


@admin.register(Evidence)
class EvidenceAdmin(ReadOnlyAdmin, admin.ModelAdmin[Evidence]):
    list_display = ("slot_end", "scope", "sentence")
    list_select_related = ("scope__rule", "scope__project_environment__project")
    ordering = ("-id",)
    date_hierarchy = "slot_end"


@admin.register(Verdict)
class VerdictAdmin(ReadOnlyAdmin, admin.ModelAdmin[Verdict]):
    list_display = ("id", "scope", "created_at", "consumed_at")
    list_select_related = ("scope__rule", "scope__project_environment__project")
    ordering = ("-id",)


@admin.register(Baseline)
class BaselineAdmin(ReadOnlyAdmin, admin.ModelAdmin[Baseline]):
    list_display = ("scope", "source", "hour", "established", "mean", "limit", "covered_hours")
    list_filter = ("established", "source")
    list_select_related = ("scope__rule", "scope__project_environment__project")
    ordering = ("-hour", "scope")
    date_hierarchy = "hour"


@admin.register(BaselineCell)
class BaselineCellAdmin(ReadOnlyAdmin, admin.ModelAdmin[BaselineCell]):
    list_display = ("scope", "source", "window_minutes", "hour", "windows", "total")
    list_select_related = ("scope__rule", "scope__project_environment__project")
    ordering = ("-hour", "scope")


@admin.register(Exclusion)
class ExclusionAdmin(admin.ModelAdmin[Exclusion]):
    """Intervals that baselines leave out; a change takes effect at the next full hour."""

    list_display = ("project_environment", "start", "end", "reason", "author")
    list_filter = ("project_environment",)
    list_select_related = ("project_environment__project", "author")
    exclude = ("author",)

    def save_model(self, request: HttpRequest, obj: Exclusion, form: Any, change: bool) -> None:
        if obj.author_id is None and isinstance(request.user, User):
            obj.author = request.user
        super().save_model(request, obj, form, change)
