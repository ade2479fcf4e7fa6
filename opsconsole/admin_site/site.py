"""The admin site: its index by areas."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest

from opsconsole.admin_site.areas import AREAS, INTERNALS, Area, name_of


class ConsoleAdminSite(AdminSite):
    """Django's admin whose index stands by areas. The list of all models is on the index only: beside each page it
    would take a quarter of its width."""

    index_title = "Administration"
    enable_nav_sidebar = False

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """As Django's, with areas in place of apps; of one app what Django says."""
        apps = super().get_app_list(request, app_label)
        return apps if app_label else by_area(apps)


class ConsoleAdminConfig(AdminConfig):
    """Makes it the default site."""

    default_site = "opsconsole.admin_site.site.ConsoleAdminSite"


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
