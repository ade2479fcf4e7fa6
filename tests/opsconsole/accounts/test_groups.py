"""The groups of users: made once, changed by people, and completed for models that an upgrade brings."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission

from opsconsole.accounts import groups

pytestmark = pytest.mark.django_db


def may(group: str) -> set[str]:
    return set(Group.objects.get(name=group).permissions.values_list("codename", flat=True))


def test_what_people_took_from_a_group_stays_away() -> None:
    groups.load()
    Group.objects.get(name="Responder").permissions.remove(Permission.objects.get(codename="change_alert"))
    assert groups.load() == []
    assert "change_alert" not in may("Responder")


def test_groups_get_what_an_upgrade_brings() -> None:
    groups.load()
    of_new_model = Permission.objects.filter(content_type__model="escalationpolicy")
    for group in Group.objects.all():
        group.permissions.remove(*of_new_model)
    assert groups.load() == []
    assert {"change_escalationpolicy", "view_escalationpolicy"} <= may("Admin")
    assert "view_escalationpolicy" in may("Viewer")
    assert "change_escalationpolicy" not in may("Viewer")
