"""The admin's index: what one edits first, evidence and internals folded below."""

from __future__ import annotations

import re

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from opsconsole.accounts.models import User
from opsconsole.admin_site.areas import AREAS, INTERNALS, NAMES
from opsconsole.admin_site.site import ConsoleAdminSite

REGISTERED = {model._meta.label_lower for model in admin.site._registry}
NAMED = [label for area in AREAS for label in area.models]


def test_areas_name_registered_models_once() -> None:
    assert isinstance(admin.site, ConsoleAdminSite)
    assert len(NAMED) == len(set(NAMED))
    assert set(NAMED) | set(NAMES) <= REGISTERED


def headings(html: str, level: int = 2) -> list[str]:
    found: list[str] = re.findall(rf"<h{level}[^>]*>([^<]*)</h{level}>", html)
    return found


def models(html: str) -> list[str]:
    return re.findall(r'class="admin-model"[^>]*>([^<]*)<', html)


def test_what_can_be_added_or_changed_stands_in_an_area(admin_client: Client) -> None:
    request = admin_client.get(reverse("admin:index")).wsgi_request
    editable = {
        model._meta.label_lower
        for model, registered in admin.site._registry.items()
        if registered.has_add_permission(request) or registered.has_change_permission(request)
    }
    assert editable <= set(NAMED)


def test_the_index_shows_areas_and_folds_internals(admin_client: Client) -> None:
    html = admin_client.get(reverse("admin:index")).content.decode()
    assert headings(html) == [*(area.title for area in AREAS), INTERNALS.title]
    above, folded = html.split('<details class="module')
    assert {"Dirty slots", "Receipts", "Baseline cells"} <= set(models(folded))
    assert models(above)[:2] == ["Rules", "Notification policies"]
    assert not set(models(above)) & set(models(folded))


@pytest.mark.django_db
def test_an_area_without_models_for_the_person_is_left_out(client: Client) -> None:
    user = User.objects.create_user("grace", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="change_rule"))
    client.force_login(user)
    html = client.get(reverse("admin:index")).content.decode()
    assert (headings(html), models(html)) == ([AREAS[0].title], ["Rules"])


def test_a_list_is_headed_by_what_it_lists(admin_client: Client) -> None:
    html = admin_client.get(reverse("admin:detections_issuelog_changelist")).content.decode()
    assert headings(html, 1) == ["Changes of issues"]
