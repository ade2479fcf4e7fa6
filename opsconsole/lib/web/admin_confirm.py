"""A confirmation page for admin actions (no ORM)."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import ModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse


def confirmation_page(
    admin: ModelAdmin[Any], request: HttpRequest, rows: QuerySet[Any], action: str, label: str, warning: str
) -> TemplateResponse | None:
    """The page that asks to confirm `action` on `rows`, with a warning; None once the request confirms it."""
    if "confirmed" in request.POST:
        return None
    opts = admin.model._meta
    context = {
        **admin.admin_site.each_context(request),
        "title": f"{label}?",
        "rows": rows,
        "action": action,
        "label": label,
        "warning": warning,
        "opts": opts,
        "back": f"admin:{opts.app_label}_{opts.model_name}_changelist",
    }
    return TemplateResponse(request, "admin/confirm.html", context)
