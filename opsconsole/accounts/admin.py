"""People in the admin. Staff who are no superusers cannot grant themselves rights."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from opsconsole.accounts import tokens
from opsconsole.accounts.models import ApiToken, User
from opsconsole.lib import clock
from opsconsole.lib.web.admin_confirm import question


@admin.register(User)
class UserAdmin(DjangoUserAdmin[User]):
    """Django's own, with the time zone; rights are edited by superusers only."""

    list_display = ("username", "email", "is_active", "is_staff", "last_login", "time_zone")
    list_filter = ("is_active", "is_staff", "is_superuser", "groups")
    show_facets = admin.ShowFacets.ALWAYS
    date_hierarchy = "date_joined"

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None:
            return fieldsets
        return (*fieldsets, ("Preferences", {"fields": ("time_zone",)}))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        fields = tuple(super().get_readonly_fields(request, obj))
        if isinstance(request.user, User) and request.user.is_superuser:
            return fields
        return (*fields, "is_staff", "is_superuser", "groups", "user_permissions")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only superusers change a superuser, their password included: it would be a way to become one."""
        return super().has_change_permission(request, obj) and self._may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and self._may_touch(request, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Django asks for many at once whether the kind may be deleted; here each is asked about."""
        gone, counts, lacking, protected = super().get_deleted_objects(objs, request)
        if not all(self._may_touch(request, each) for each in objs):
            lacking = {*lacking, "superuser"}
        return gone, counts, lacking, protected

    def _may_touch(self, request: HttpRequest, obj: Any) -> bool:
        """Superusers anyone; others whom they outrank: no superuser, and nobody who may what they may not (whoever
        sets a password may sign in with it)."""
        user = request.user
        if obj is None or (isinstance(user, User) and user.is_superuser):
            return True
        if obj.is_superuser or not isinstance(user, User):
            return False
        return set(obj.get_all_permissions()) <= set(user.get_all_permissions())


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin[ApiToken]):
    """Tokens are made by `bin/manage token`, which shows the text once; here they are looked at and revoked."""

    list_display = ("name", "owner", "scope", "hint", "created_at", "last_used_at", "revoked_at")
    list_filter = ("scope", ("revoked_at", admin.EmptyFieldListFilter))
    list_select_related = ("owner",)
    search_fields = ("name", "owner__username", "hint")
    actions = ("revoke",)

    @admin.action(description="Revoke selected tokens", permissions=["delete"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> HttpResponse | None:
        warning = "Programs that use these tokens are refused from the next request on. This cannot be undone."
        if ask := question(self, request, queryset, "revoke", "Revoke", warning):
            return ask
        for token in queryset:
            tokens.revoke(token, clock.now())
            self.log_change(request, token, "Revoked.")
        self.message_user(request, f"{len(queryset)} revoked; they are refused from now on.")
        return None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return False
