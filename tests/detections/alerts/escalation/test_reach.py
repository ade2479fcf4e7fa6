"""Which targets reach an owner: its own, else those of the people behind it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group

from detections.alerts.escalation.models import OwnerTarget
from detections.alerts.escalation.reach import can_be_told, targets_of, usable_targets, with_reach
from detections.alerts.routing_models import Target
from opsconsole.accounts.models import Owner
from tests.detections.alerts.factories import make_user

pytestmark = pytest.mark.django_db


def target(name: str, **values: object) -> Target:
    return Target.objects.create(name=name, address=name, **values)


def bind(owner: Owner, *targets: Target) -> Owner:
    for each in targets:
        OwnerTarget.objects.create(owner=owner, target=each)
    return owner


def reach(*owners: Owner) -> list[list[str]]:
    """The names of the targets of each; `can_be_told` says the same."""
    found = targets_of(owners)
    names = dict(Target.objects.values_list("pk", "name"))
    said = {owner.pk: can_be_told(owner) for owner in with_reach(Owner.objects.all())}
    assert {owner.pk: bool(found[owner.pk]) for owner in owners} == {owner.pk: said[owner.pk] for owner in owners}
    return [[names[each] for each in found[owner.pk]] for owner in owners]


def test_its_own_targets_count_before_those_of_its_person() -> None:
    ada = make_user("ada")
    bind(Owner.objects.create(name="ada", user=ada), target("phone of ada"))
    sre = Owner.objects.create(name="sre-agent", user=ada)
    assert reach(sre) == [["phone of ada"]]
    bind(sre, target("pager"))
    assert reach(sre) == [["pager"]]


def test_a_group_is_reached_through_its_active_members_each_target_once() -> None:
    team, phone = Group.objects.create(name="team"), target("shared phone")
    for name in ("ada", "bob", "gone"):
        person = make_user(name)
        person.groups.add(team, Group.objects.create(name=f"other of {name}"))
        bind(Owner.objects.create(name=name, user=person), phone, target(f"chat of {name}"))
    person.is_active = False
    person.save()
    owner = Owner.objects.create(name="the team", group=team)
    assert reach(owner) == [["chat of ada", "chat of bob", "shared phone"]]


def test_a_name_without_anybody_reaches_nobody() -> None:
    ada, team = make_user("ada"), Group.objects.create(name="team")
    unbound = Owner.objects.create(name="sre-agent")
    bind(Owner.objects.create(name="somebody else"), target("phone"))
    alone = Owner.objects.create(name="ada", user=ada)
    empty = Owner.objects.create(name="the team", group=team)
    assert reach(unbound, alone, empty) == [[], [], []]


def test_a_target_whose_variable_left_the_environment_reaches_nobody() -> None:
    gone = target("Slack (environment)", origin="environment", enabled=False)
    owner = bind(Owner.objects.create(name="sre-agent"), gone)
    assert reach(owner) == [[]]
    kept = target("phone", enabled=False)  # switched off by a person: a dead letter says so
    assert usable_targets([kept.pk, gone.pk, kept.pk, 10**6]) == [kept.pk]
