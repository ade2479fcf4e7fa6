"""The admin of what rules make: versions, evaluations, evidence and baselines are read-only. Rules: `rule_admin`."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import DateTimeField
from django.http import HttpRequest

from detections.rules.models import (
    Baseline,
    BaselineCell,
    Evaluation,
    Evidence,
    Exclusion,
    FixtureRun,
    RuleVersion,
    Scope,
    Slot,
    Verdict,
)
from detections.rules.rule_admin import RuleAdmin
from opsconsole.accounts.models import User
from opsconsole.lib.web.admin_forms import LookedUp
from opsconsole.lib.web.admin_large_tables import AnyTime, Since
from opsconsole.lib.web.admin_read_only import ReadOnlyAdmin
from opsconsole.lib.web.admin_widgets import NamedDateTime

__all__ = ["RuleAdmin"]


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
    list_filter = (AnyTime, "status")
    ordering = ("-slot_end",)
    since_field = "slot_end"


@admin.register(Evaluation)
class EvaluationAdmin(ReadOnlyAdmin, admin.ModelAdmin[Evaluation]):
    list_display = ("slot_end", "scope", "revision", "outcome", "severity", "count", "limit", "shadow", "late")
    list_filter = (Since, "outcome", "severity", "shadow", "late")
    list_select_related = ("scope__rule", "scope__project_environment__project")
    ordering = ("-slot_end", "-id")
    since_field = "slot_end"


@admin.register(Evidence)
class EvidenceAdmin(ReadOnlyAdmin, admin.ModelAdmin[Evidence]):
    list_display = ("slot_end", "scope", "sentence")
    list_select_related = ("scope__rule", "scope__project_environment__project")
    ordering = ("-id",)


@admin.register(Verdict)
class VerdictAdmin(ReadOnlyAdmin, admin.ModelAdmin[Verdict]):
    list_display = ("id", "scope", "created_at", "consumed_at")
    list_select_related = ("scope__rule", "scope__project_environment__project")
    ordering = ("-id",)


@admin.register(Baseline)
class BaselineAdmin(ReadOnlyAdmin, admin.ModelAdmin[Baseline]):
    list_display = ("scope", "source", "hour", "established", "mean", "limit", "covered_hours")
    list_filter = (AnyTime, "established", "source")
    list_select_related = ("scope__rule", "scope__project_environment__project")
    ordering = ("-hour", "scope")
    since_field = "hour"


@admin.register(BaselineCell)
class BaselineCellAdmin(ReadOnlyAdmin, admin.ModelAdmin[BaselineCell]):
    list_display = ("scope", "source", "window_minutes", "hour", "windows", "total")
    list_select_related = ("scope__rule", "scope__project_environment__project")
    ordering = ("-pk",)


@admin.register(Exclusion)
class ExclusionAdmin(LookedUp, admin.ModelAdmin[Exclusion]):
    """Intervals that baselines leave out; a change takes effect at the next full hour."""

    list_display = ("project_environment", "start", "end", "reason", "author")
    list_filter = ("project_environment",)
    list_select_related = ("project_environment__project", "author")
    autocomplete_fields = ("project_environment",)
    formfield_overrides: ClassVar[Any] = {DateTimeField: {"widget": NamedDateTime}}
    exclude = ("author",)

    def save_model(self, request: HttpRequest, obj: Exclusion, form: Any, change: bool) -> None:
        if obj.author_id is None and isinstance(request.user, User):
            obj.author = request.user
        super().save_model(request, obj, form, change)
