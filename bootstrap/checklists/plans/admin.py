"""The admin of owners and due dates. Most are set on the page of a run; here one sees all, and each one's history."""

from __future__ import annotations

from datetime import date

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.forms import ModelForm
from django.http import HttpRequest

from bootstrap.checklists.models import RunPlan
from bootstrap.checklists.plans.assign import PERMISSION, PlanChange, assign, check_due
from bootstrap.checklists.plans.refusals import DueDateWrong
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from opsconsole.lib.web.admin_filters import titled, whether
from opsconsole.lib.web.admin_forms import LookedUp
from opsconsole.lib.web.admin_large_tables import AnyTime, BriefLists, LimitedPaginator


class RunPlanForm(ModelForm[RunPlan]):
    """Refuses a new due date that has passed."""

    def clean_due_on(self) -> date | None:
        due_on: date | None = self.cleaned_data["due_on"]
        if due_on is not None and due_on != self.instance.due_on:
            try:
                check_due(due_on, clock.now())
            except DueDateWrong as refusal:
                raise ValidationError(f"{refusal}.") from None
        return due_on


@admin.register(RunPlan)
class RunPlanAdmin(BriefLists, LookedUp, admin.ModelAdmin[RunPlan]):
    """Owner and due date of runs and items. An item is chosen on the page of its run, so none is added here."""

    form = RunPlanForm
    list_display = ("run", "item", "owner", "due_on", "set_by_name", "set_at")
    list_filter = (
        AnyTime,
        ("owner", admin.RelatedOnlyFieldListFilter),
        ("run__closed_at", whether("Open", "Closed")),
        "run__environment__system",
        ("run__environment__slug", titled("environment")),
    )
    list_select_related = ("run__version__checklist", "run__environment__system", "item", "owner")
    not_listed = ("run__version__source",)
    search_fields = ("item__key", "owner__name", "run__version__checklist__title", "run__environment__slug")
    since_field = "set_at"
    # A row for each item of each run: the list counts no more than it pages through.
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = LimitedPaginator
    fields = ("run", "item", "owner", "due_on", "set_by_name", "set_at")
    readonly_fields = ("run", "item", "set_by_name", "set_at")
    autocomplete_fields = ("owner",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: RunPlan | None = None) -> bool:
        """Who may change runs; of a closed run nothing changes any more."""
        return request.user.has_perm(PERMISSION) and (obj is None or obj.run.closed_at is None)

    def save_model(self, request: HttpRequest, obj: RunPlan, form: ModelForm[RunPlan], change: bool) -> None:
        """As on the pages: checked, with who did it."""
        assert isinstance(request.user, User)
        assign(obj.run, [obj.item_id], PlanChange(obj.owner, obj.due_on), request.user, clock.now())
