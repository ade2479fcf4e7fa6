"""Where one is in the admin: paths by areas, headings by what they show, links to the console's pages."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from detections.telemetry.models import Project
from opsconsole.accounts.models import User
from tests.opsconsole.admin import rows

pytestmark = pytest.mark.django_db


def path_of(client: Client, address: str) -> list[str]:
    html = client.get(address).content.decode()
    crumbs = re.search(r'<ol class="breadcrumbs">(.*?)</ol>', html, re.DOTALL)
    return [strip_tags(each).strip() for each in re.findall(r"<li.*?</li>", crumbs[1], re.DOTALL)] if crumbs else []


def heading(client: Client, address: str) -> list[str]:
    html = client.get(address).content.decode()
    return [strip_tags(each).strip() for each in re.findall(r"<h1.*?</h1>", html, re.DOTALL)]


def test_paths_name_areas_and_lists(admin_client: Client) -> None:
    project = Project.objects.create(slug="raptor", name="Raptor")
    key = project.keys.create(label="Backend")
    at = "/admin/detections/projectkey/"
    below = ["Administration", "Projects", "Keys of projects (DSNs)"]
    assert path_of(admin_client, "/admin/") == []
    assert path_of(admin_client, at) == below
    assert path_of(admin_client, f"{at}add/") == [*below, "Add project key"]
    assert path_of(admin_client, f"{at}{key.pk}/change/") == [*below, "Raptor · Backend"]
    assert path_of(admin_client, f"{at}{key.pk}/history/") == [*below, "Raptor · Backend", "History"]


def test_an_area_and_a_list_of_one_name_stand_once(admin_client: Client) -> None:
    assert path_of(admin_client, "/admin/detections/project/") == ["Administration", "Projects"]


def test_deleting_and_passwords_have_their_path(admin_client: Client) -> None:
    person = User.objects.create_user("grace")
    at = f"/admin/accounts/user/{person.pk}/"
    below = ["Administration", "People and groups", "Users", "grace"]
    assert path_of(admin_client, f"{at}delete/") == [*below, "Delete"]
    assert path_of(admin_client, f"{at}password/")[:-1] == below


def test_areas_of_paths_are_on_the_index(admin_client: Client) -> None:
    html = admin_client.get("/admin/detections/slot/").content.decode()
    anchor = re.search(r'href="/admin/#([^"]+)"', html)
    assert anchor
    assert f'id="{anchor[1]}"' in admin_client.get("/admin/").content.decode()


def test_a_form_is_headed_by_its_row(admin_client: Client) -> None:
    project = Project.objects.create(slug="raptor", name="Raptor")
    at = f"/admin/detections/project/{project.pk}/"
    assert heading(admin_client, f"{at}change/") == ["Raptor"]
    assert heading(admin_client, f"{at}history/") == ["History of Raptor"]
    assert heading(admin_client, "/admin/detections/project/add/") == ["Add project"]


def test_no_title_says_select(admin_client: Client) -> None:
    html = admin_client.get("/admin/detections/issuelog/").content.decode()
    assert re.findall(r"<title>(.*?)</title>", html, re.DOTALL) == ["Changes of issues · opsconsole admin"]


def test_rows_and_lists_lead_to_their_pages(admin_client: Client) -> None:
    series = rows.route()
    form = admin_client.get(f"/admin/detections/series/{series.pk}/change/").content.decode()
    assert f'href="{reverse("route", args=[series.pk])}"' in form
    listed = admin_client.get("/admin/detections/series/").content.decode()
    assert f'href="{reverse("route_list")}" class="viewsitelink"' in listed


@pytest.mark.parametrize("address", ["/admin/no-such-app/", "/admin/accounts/user/"])
def test_what_is_not_there_or_not_allowed_leads_back(client: Client, address: str) -> None:
    client.force_login(User.objects.create_user("grace", is_staff=True))
    answer = client.get(address)
    assert answer.status_code in (403, 404)
    assert f'href="{reverse("admin:index")}"' in answer.content.decode()


def test_other_people_are_not_led_to_the_admin(client: Client) -> None:
    client.force_login(User.objects.create_user("hopper"))
    assert f'href="{reverse("admin:index")}"' not in client.get("/nothing/").content.decode()


def test_a_deletion_says_what_goes_with_it(admin_client: Client) -> None:
    group = Group.objects.create(name="on call")
    group.permissions.set(Permission.objects.all()[:3])
    html = admin_client.get(f"/admin/auth/group/{group.pk}/delete/").content.decode()
    assert heading(admin_client, f"/admin/auth/group/{group.pk}/delete/") == ["Delete group “on call”?"]
    assert "Group-permission relationship: 3" in html
    assert " object (" not in html
