"""Names of events that no environment has: found, linked, their history kept; and what stays apart."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from bootstrap.systems.models import Environment, System
from detections.telemetry.environment_links import link_environments, name_environment, sent_instead, unlinked_names
from detections.telemetry.models import Event, ProjectEnvironment
from tests.detections import builders
from tests.detections.builders import NOON
from tests.detections.rules import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    """A project whose prod has no alias, and events that say production."""
    project = builders.project("shop")
    Environment.objects.update(aliases=[])
    world.arrive(project, world.events(2, NOON, environment="Production "), NOON)
    return project


def test_a_name_that_nothing_has_is_found_until_an_environment_has_it(shop):
    (found,) = unlinked_names(NOON)
    assert found.says == f"Errors come from {found.place.name}, which no environment of shop is called."
    assert [each.place for each in sent_instead(NOON, "prod", "shop")] == [found.place]
    assert sent_instead(NOON, "") == []

    named = name_environment(found, Environment.objects.get())

    assert named.aliases == ["production"]
    assert unlinked_names(NOON) == sent_instead(NOON, "prod") == []


def test_of_two_who_give_a_name_at_once_the_second_is_told(shop, monkeypatch):
    (found,) = unlinked_names(NOON)
    prod = Environment.objects.get()
    monkeypatch.setattr(Environment, "full_clean", lambda self: None)  # looked before the other one had it
    Environment.objects.create(system=prod.system, slug="live", name="Live", aliases=["production"])
    with pytest.raises(ValidationError, match="just called production"):
        name_environment(found, prod)
    assert Environment.objects.get(slug="prod").aliases == []


def test_its_history_comes_to_the_environment(shop):
    name_environment(unlinked_names(NOON)[0], Environment.objects.get())
    world.arrive(shop, world.events(1, NOON, environment="PRODUCTION"), NOON)
    row = ProjectEnvironment.objects.get()
    assert (row.name, row.environment.path) == ("prod", "shop/prod")
    assert Event.objects.filter(project_environment=row).count() == 3


def test_two_rows_of_counts_stay_two(shop):
    world.arrive(shop, world.events(1, NOON, environment="prod"), NOON)
    name_environment(unlinked_names(NOON)[0], Environment.objects.get())
    rows = ProjectEnvironment.objects.order_by("name").values_list("name", "environment__slug")
    assert sorted(rows) == [("Production", None), ("prod", "prod")] or sorted(rows)[-1] == ("prod", "prod")
    assert unlinked_names(NOON) == []


def test_a_slug_that_is_given_up_unlinks(shop):
    world.arrive(shop, world.events(1, NOON, environment="prod"), NOON)
    Environment.objects.update(slug="eu")
    link_environments()
    assert set(ProjectEnvironment.objects.values_list("environment", flat=True)) == {None}
    assert link_environments() == []


def test_what_is_old_disabled_or_of_a_system_without_environments_is_no_blind_spot(shop):
    assert unlinked_names(NOON + timedelta(days=8)) == []
    shop.enabled = False
    shop.save()
    assert unlinked_names(NOON) == []
    shop.enabled = True
    shop.save()
    Environment.objects.all().delete()
    assert System.objects.exists()
    assert unlinked_names(NOON) == []
