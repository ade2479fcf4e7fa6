"""The admin of owners. The alerts room registers it, with the targets that reach each of them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from opsconsole.accounts.models import Owner
from opsconsole.lib.web.admin_filters import whether
from opsconsole.lib.web.admin_forms import LookedUp


class OwnerAdmin(LookedUp, admin.ModelAdmin[Owner]):
    """An owner is a person, a group, or a name that targets alone answer for. Texts name it; renaming it here leaves
    them as they are, so that they name nobody."""

    list_display: tuple[str, ...] = ("name", "behind_it", "description")
    list_filter = (("user", whether("No person", "A person", "person")), ("group", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("user", "group")
    search_fields = ("name", "description", "user__username", "group__name")
    fields = ("name", "description", "user", "group")
    autocomplete_fields = ("user",)

    @admin.display(description="person or group", ordering="user__username")
    def behind_it(self, owner: Owner) -> str:
        return owner.bound_to or "nobody is bound to it"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Owner]:
        return super().get_queryset(request).select_related("user", "group")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        form = super().get_form(request, obj, change, **options)
        if obj is not None and "name" in form.base_fields:
            form.base_fields["name"].help_text = "Texts find it by this name; renamed, it is no longer whom they name."
        return form
