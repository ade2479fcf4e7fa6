"""Owners: found by the names that texts use; a name that nobody has is kept as one."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from opsconsole.accounts import owners
from opsconsole.accounts.models import Owner, User

pytestmark = pytest.mark.django_db


def person(name: str) -> User:
    return User.objects.create_user(name)


def test_names_find_their_owners_and_unknown_ones_stay_names(django_assert_num_queries: object) -> None:
    Owner.objects.create(name="sre-agent", user=person("ada"))
    Owner.objects.create(name="security-agent")
    with django_assert_num_queries(1):  # type: ignore[operator]
        found = owners.by_name(["sre-agent", "security-agent", "owner of the system", ""])
    assert {name: each.bound_to for name, each in found.items()} == {
        "sre-agent": "ada",
        "security-agent": "",
        "owner of the system": "",
    }
    assert found["owner of the system"].owner is None
    assert found["owner of the system"].admin_url == "/admin/accounts/owner/add/?name=owner+of+the+system"
    assert found["sre-agent"].admin_url.endswith("/change/")
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert owners.by_name(["", ""]) == {}


def test_an_owner_is_a_person_or_a_group() -> None:
    with pytest.raises(IntegrityError, match="owner_person_or_group"), transaction.atomic():
        Owner.objects.create(name="both", user=person("ada"), group=Group.objects.create(name="team"))


def test_a_person_is_an_owner_by_the_user_name() -> None:
    ada = person("ada")
    made = owners.of_person(ada)
    assert (made.name, made.user) == ("ada", ada)
    assert owners.of_person(ada) == made
    assert owners.find("ada") == made


def test_a_name_that_nobody_was_bound_to_becomes_the_person_of_that_name() -> None:
    named = Owner.objects.create(name="ada", description="Knows the database")
    assert owners.of_person(person("ada")) == named
    named.refresh_from_db()
    assert named.bound_to == "ada"


def test_a_name_of_somebody_else_stays_theirs() -> None:
    team = Owner.objects.create(name="ada", group=Group.objects.create(name="team"))
    ada = person("ada")
    made = owners.of_person(ada)
    assert (made.name, made.user) == ("ada (person)", ada)
    assert owners.of_person(ada) == made
    assert owners.find("ada") == team


def test_nobody_is_found_by_an_unknown_name_or_that_of_a_closed_account() -> None:
    gone = person("gone")
    gone.is_active = False
    gone.save()
    assert owners.find("gone") is None
    assert owners.find("nobody") is None
    assert not Owner.objects.exists()


def test_who_is_behind_an_owner() -> None:
    ada, bob, team = person("ada"), person("bob"), Group.objects.create(name="team")
    ada.groups.add(team)
    for owner in (Owner(name="x", user=ada), Owner(name="y", group=team)):
        assert owners.is_behind(ada, owner)
        assert not owners.is_behind(bob, owner)
    assert not owners.is_behind(ada, Owner(name="z"))


def test_the_shipped_owners_are_made_once_and_bound_to_nobody() -> None:
    assert owners.load() == ["sre-agent", "security-agent", "feature-developer"]
    Owner.objects.filter(name="sre-agent").update(user=person("ada"), description="ours")
    assert owners.load() == []
    assert Owner.objects.get(name="sre-agent").description == "ours"
    assert [each.bound_to for each in Owner.objects.all()] == ["", "", "ada"]
