"""The admin of postures: read-only, with actions that approve and end after a confirmation."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from bootstrap.postures import approval
from bootstrap.postures.models import Posture
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from opsconsole.lib.web.admin_confirm import confirmation_page
from opsconsole.lib.web.admin_filters import titled, whether
from opsconsole.lib.web.admin_read_only import ReadOnlyAdmin


@admin.register(Posture)
class PostureAdmin(ReadOnlyAdmin, admin.ModelAdmin[Posture]):
    """Without the status, which needs the newest report: the posture's page has it."""

    list_display = ("variable", "deployment", "severity", "guard", "author_name", "approver_name", "review_by", "page")
    list_filter = (
        "deployment__environment__system",
        ("deployment__environment__slug", titled("environment")),
        ("approved_at", whether("Proposed", "Approved", "approval")),
        ("ended_at", whether("Not ended", "Ended", "end")),
        "severity",
    )
    list_select_related = ("variable", "deployment")
    search_fields = ("variable__name", "deployment__host_name", "reason", "guard", "author_name", "approver_name")
    date_hierarchy = "created_at"
    actions = ("approve", "end")
    show_facets = admin.ShowFacets.ALWAYS

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(approval.DECIDE)

    @admin.display(description="page")
    def page(self, posture: Posture) -> SafeString:
        return format_html('<a href="{}">Open</a>', posture.get_absolute_url())

    @admin.action(description="Approve the selected postures", permissions=["decide"])
    def approve(self, request: HttpRequest, rows: QuerySet[Posture]) -> TemplateResponse | None:
        warning = "A missing value has a lower severity from now on, while the guard holds."
        return confirmation_page(self, request, rows, "approve", "Approve", warning) or _each(
            request, rows, lambda row, by: approval.approve(row, by, clock.now()), "approved"
        )

    @admin.action(description="End the selected postures", permissions=["decide"])
    def end(self, request: HttpRequest, rows: QuerySet[Posture]) -> TemplateResponse | None:
        warning = "A missing value has its full severity again. An ended posture cannot be restored."
        return confirmation_page(self, request, rows, "end", "End", warning) or _each(
            request, rows, lambda row, by: approval.end(row, "Ended in the admin", by, clock.now()), "ended"
        )


def _each(
    request: HttpRequest, rows: QuerySet[Posture], act: Callable[[Posture, User], Posture], did: str
) -> TemplateResponse | None:
    """Decide on each row; show a message for each refusal and one with the number of the others."""
    assert isinstance(request.user, User)
    done = 0
    for row in rows:
        try:
            act(row, request.user)
            done += 1
        except approval.PostureRefusal as refusal:
            messages.error(request, f"{refusal}.")
    if done:
        messages.success(request, f"{done} {did}.")
    return None
