"""The admin of owners with their targets, of escalation policies with their steps, and of what was escalated."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from detections.alerts.escalation.forms import EscalationStepForm, EscalationStepFormSet
from detections.alerts.escalation.models import Escalation, EscalationPolicy, EscalationStep, OwnerTarget, Responder
from detections.alerts.escalation.reach import can_be_told, with_reach
from opsconsole.accounts.models import Owner
from opsconsole.accounts.owner_admin import OwnerAdmin
from opsconsole.lib.web.admin_forms import FewRows
from opsconsole.lib.web.admin_large_tables import AnyTime
from opsconsole.lib.web.admin_read_only import ReadOnlyAdmin, link_to


class OwnerTargetInline(FewRows, admin.TabularInline[OwnerTarget, Owner]):
    """By what the owner is told; without one through the person's or the members' other owners."""

    model = OwnerTarget
    extra = 0
    autocomplete_fields = ("target",)
    verbose_name = "target that reaches it"
    verbose_name_plural = "targets that reach it"


@admin.register(Owner)
class OwnerWithTargetsAdmin(OwnerAdmin):
    """Owners, and whether anybody is told of what is handed to them."""

    list_display = (*OwnerAdmin.list_display, "told")
    inlines = (OwnerTargetInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Owner]:
        return with_reach(super().get_queryset(request))

    @admin.display(description="can be told", boolean=True)
    def told(self, owner: Owner) -> bool:
        return can_be_told(owner)


class EscalationStepInline(FewRows, admin.StackedInline[EscalationStep, EscalationPolicy]):
    model = EscalationStep
    form = EscalationStepForm
    formset = EscalationStepFormSet
    extra = 0
    min_num = 1
    autocomplete_fields = ("owners", "targets")
    fields = (("number", "wait_minutes"), "owners", "targets")
    ordering = ("number",)


@admin.register(EscalationPolicy)
class EscalationPolicyAdmin(admin.ModelAdmin[EscalationPolicy]):
    """Notification policies name one. Alerts that are being escalated keep the steps that they began with."""

    list_display = ("name", "in_words", "repeat", "used_by")
    search_fields = ("name",)
    inlines = (EscalationStepInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[EscalationPolicy]:
        rows = super().get_queryset(request)
        return rows.prefetch_related("steps__owners", "steps__targets", "notification_policies")

    @admin.display(description="steps")
    def in_words(self, policy: EscalationPolicy) -> str:
        return "; ".join(_words(step) for step in policy.steps.all()) or "none: it tells nobody"

    @admin.display(description="used by")
    def used_by(self, policy: EscalationPolicy) -> str:
        return ", ".join(each.name for each in policy.notification_policies.all()) or "no notification policy"


@admin.register(Escalation)
class EscalationAdmin(ReadOnlyAdmin, admin.ModelAdmin[Escalation]):
    """The escalations of groups of alerts; those that are due first stand first."""

    list_display = ("of_alert", "status", "step", "round", "due_at", "policy_name", "held_back")
    list_filter = ("status", "policy")
    list_select_related = ("group__leader__rule", "group__leader__project_environment__project")
    search_fields = ("group__leader__rule__identifier", "group__leader__group_key", "policy_name")
    ordering = ("due_at", "-id")

    @admin.display(description="alert", ordering="group__leader")
    def of_alert(self, escalation: Escalation) -> SafeString:
        return link_to(escalation.group.leader)


@admin.register(Responder)
class ResponderAdmin(ReadOnlyAdmin, admin.ModelAdmin[Responder]):
    """Who was called to alerts, and called off."""

    list_display = ("owner", "alert", "added_by", "added_at", "stopped_at")
    list_select_related = ("owner", "alert__rule", "alert__project_environment__project")
    search_fields = ("owner__name", "added_by", "alert__rule__identifier")
    list_filter = (AnyTime,)
    since_field = "added_at"


def _words(step: EscalationStep) -> str:
    """`after 5 min sre-agent and SEV-1`."""
    names = [str(each) for each in (*step.owners.all(), *step.targets.all())]
    return f"after {step.wait_minutes} min {' and '.join(names) or 'nobody'}"
