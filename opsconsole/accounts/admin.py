"""Users and API tokens in the admin. Staff who are not superusers cannot extend their own permissions."""

from __future__ import annotations

from typing import Any

import allauth.mfa.admin  # noqa: F401 - registers its own, which shows secrets
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from opsconsole.accounts import tokens
from opsconsole.accounts.models import ApiToken, FailedLogin, User
from opsconsole.lib import clock
from opsconsole.lib.web.admin_confirm import confirmation_page
from opsconsole.lib.web.admin_filters import whether


@admin.register(User)
class UserAdmin(DjangoUserAdmin[User]):
    """Django's user admin with the time zone. Only superusers edit permissions."""

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
        fields = (*super().get_readonly_fields(request, obj), "last_login", "date_joined")
        if isinstance(request.user, User) and request.user.is_superuser:
            return fields
        return (*fields, "is_staff", "is_superuser", "groups", "user_permissions")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """False for a user with more permissions: setting their password is a way to act as them."""
        return super().has_change_permission(request, obj) and self._outranks(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and self._outranks(request, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """As Django's. For several objects Django checks the model permission only; this checks each object too."""
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        if not all(self._outranks(request, each) for each in objs):
            lacking = {*lacking, "superuser"}
        return deleted, counts, lacking, protected

    def _outranks(self, request: HttpRequest, obj: Any) -> bool:
        """Whether the requesting user may edit or delete `obj`.

        A superuser may edit anyone. Others may edit users who are not superusers and have no permission that they lack
        themselves, since whoever sets a password can sign in with it.
        """
        user = request.user
        if obj is None or (isinstance(user, User) and user.is_superuser):
            return True
        if obj.is_superuser or not isinstance(user, User):
            return False
        return set(obj.get_all_permissions()) <= set(user.get_all_permissions())


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin[ApiToken]):
    """A read-only list of tokens with an action to revoke them. `bin/manage token` creates them."""

    list_display = ("name", "owner", "scope", "hint", "created_at", "last_used_at", "revoked_at")
    list_filter = ("scope", ("revoked_at", whether("In use", "Revoked")))
    list_select_related = ("owner",)
    search_fields = ("name", "owner__username", "hint")
    actions = ("revoke",)

    @admin.action(description="Revoke selected tokens", permissions=["delete"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> HttpResponse | None:
        warning = "Programs that use these tokens are refused from the next request on. This cannot be undone."
        if page := confirmation_page(self, request, queryset, "revoke", "Revoke", warning):
            return page
        for token in queryset:
            tokens.revoke(token, clock.now())
            self.log_change(request, token, "Revoked.")
        self.message_user(request, f"{len(queryset)} revoked; they are refused from now on.")
        return None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return False


@admin.register(FailedLogin)
class FailedLoginAdmin(admin.ModelAdmin[FailedLogin]):
    """Wrong passwords of the last day. Deleting those of an account unlocks it before its time."""

    list_display = ("at", "user", "address")
    list_filter = (("user", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("user",)
    search_fields = ("user__username", "address")
    date_hierarchy = "at"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: FailedLogin | None = None) -> bool:
        return False


admin.site.unregister(Authenticator)


@admin.register(Authenticator)
class TwoFactorAdmin(admin.ModelAdmin[Authenticator]):
    """People set up their own; deleting one lets who lost it sign in with a password, and set up another."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    list_select_related = ("user",)
    search_fields = ("user__username", "user__email")
    exclude = ("data",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Authenticator | None = None) -> bool:
        return False
