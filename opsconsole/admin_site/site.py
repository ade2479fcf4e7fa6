"""The admin site: its index by areas."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.admin.apps import AdminConfig
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

from opsconsole.admin_site.areas import AREAS, INTERNALS, Area, name_of
from opsconsole.lib.web.admin_forms import may_be_key


class ConsoleAdminSite(AdminSite):
    """Django's admin whose index stands by areas. The list of all models is on the index only: beside each page it
    would take a quarter of its width."""

    index_title = "Administration"
    enable_nav_sidebar = False

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """As Django's, with areas in place of apps; of one app what Django says."""
        apps = super().get_app_list(request, app_label)
        return apps if app_label else by_area(apps)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        return super().admin_view(_of_keys(view), cacheable)


class ConsoleAdminConfig(AdminConfig):
    """Makes it the default site."""

    default_site = "opsconsole.admin_site.site.ConsoleAdminSite"


def _of_keys(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A list whose acts take rows that may be there: Django looks up whatever was sent, and fails on what is no key."""
    registered = getattr(view, "__self__", None)
    if not isinstance(registered, ModelAdmin) or view.__name__ != "changelist_view":
        return view

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        selected = request.POST.getlist(ACTION_CHECKBOX_NAME)
        if not all(may_be_key(each, registered.model._meta.pk) for each in selected):
            raise BadRequest("A selected row has a key that no row can have.")
        return view(request, *args, **options)

    return checked


def by_area(apps: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The models of Django's list of apps under areas, those without models left out. An area is a dict like an app,
    with `text`, and `folded` for what is not edited."""
    left = {each["model"]._meta.label_lower: _named(each) for app in apps for each in app["models"]}
    found = [_area(area, [left.pop(label) for label in area.models if label in left]) for area in AREAS]
    found.append(_area(INTERNALS, sorted(left.values(), key=lambda each: str(each["name"])), folded=True))
    return [area for area in found if area["models"]]


def _named(model: dict[str, Any]) -> dict[str, Any]:
    return {**model, "name": name_of(model["model"]._meta)}


def _area(area: Area, models: list[dict[str, Any]], *, folded: bool = False) -> dict[str, Any]:
    return {"name": area.title, "app_label": area.slug, "text": area.text, "models": models, "folded": folded}
