"""Case 24 of the runbooks: an environment that people call prod, and an SDK that says production.

Through the admin, the inbox and the rule to an alert; and the page that mends an environment without the alias.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from bootstrap.systems.models import Environment
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.models import Alert
from detections.telemetry.models import Project, ProjectEnvironment
from tests.detections import builders
from tests.detections.rules import world
from tests.detections.rules.test_story import run
from tests.detections.rules.world import HOUR, NOON

pytestmark = pytest.mark.django_db
SOON = NOON + timedelta(seconds=30)
SELECTOR = {"sources": [{"source": "sentry"}], "project": "shop", "environment": "prod"}


@pytest.fixture
def shop() -> Project:
    """A project of a system that has staging only, and a rule on its prod: three errors in five minutes."""
    project = builders.project("shop")
    Environment.objects.all().delete()
    Environment.objects.create(system=project.app.system, slug="staging", name="Staging")
    world.covered(NOON - HOUR, NOON + HOUR)
    world.rule(
        "SHOP-1",
        selector=SELECTOR,
        conditions=[{"kind": "exceedance", "floors": {"medium": 3, "high": 50, "critical": 500}}],
    )
    return project


def add_prod(client: Client, project: Project) -> None:
    """As a person does in the admin who leaves the aliases empty."""
    rows = {"deployments-TOTAL_FORMS": 0, "deployments-INITIAL_FORMS": 0}
    sent = {"system": project.app.system.pk, "slug": "prod", "name": "Production", "aliases": "", **rows}
    assert client.post(reverse("admin:bootstrap_environment_add"), sent).status_code == 302


def errors(project: Project) -> None:
    """Four exceptions of an SDK with environment="production"."""
    world.arrive(project, world.events(4, SOON, gap=2, environment="production", **world.plain()), SOON)


def test_a_rule_on_prod_alerts_on_what_an_sdk_calls_production(admin_client: Client, shop: Project) -> None:
    add_prod(admin_client, shop)
    errors(shop)
    run(SOON, SOON + timedelta(minutes=1))
    assert Alert.objects.get().project_environment.path == "shop/prod"


@time_machine.travel(SOON, tick=False)
def test_without_the_alias_both_pages_say_so_and_one_act_mends_it(admin_client: Client, shop: Project) -> None:
    add_prod(admin_client, shop)
    Environment.objects.filter(slug="prod").update(aliases=[])
    errors(shop)
    run(SOON, SOON + timedelta(minutes=1))
    assert not Alert.objects.exists()

    says = "Errors come from production, which no environment of shop is called."
    place = ProjectEnvironment.objects.get(name="production")
    address = reverse("environment_link", args=[place.pk])
    overview, rule = (admin_client.get(url).content.decode() for url in ("/", reverse("rule", args=["SHOP-1"])))
    assert says in overview
    assert f"Watches nothing so far: no event of shop/prod ever came. {says}" in overview
    assert says in rule
    assert address in overview
    assert address in rule
    assert escape("Active, but it has nothing to judge") in rule
    assert "alerts go out" not in rule

    asked = admin_client.get(address).content.decode()
    assert 'value="prod"' in asked
    assert "checked" in asked  # the usual one is proposed
    admin_client.post(address, {"choice": "prod"})
    assert Environment.objects.get(slug="prod").aliases == ["production"]
    assert says not in admin_client.get("/").content.decode()

    run(SOON + timedelta(minutes=1), SOON + timedelta(minutes=2))
    consume(SOON + timedelta(minutes=2))
    assert Alert.objects.get().project_environment.path == "shop/prod"


@time_machine.travel(SOON, tick=False)
def test_a_name_can_be_an_environment_of_its_own(admin_client: Client, shop: Project) -> None:
    errors(shop)
    place = ProjectEnvironment.objects.get(name="production")
    address = reverse("environment_link", args=[place.pk])
    assert "Say the slug" in admin_client.post(address, {"choice": "new"}).content.decode()
    refused = admin_client.post(address, {"choice": "new", "slug": "staging"})
    assert (refused.status_code, "shop/staging is called staging" in refused.content.decode()) == (422, True)
    assert admin_client.post(address, {"choice": "new", "slug": "prod"}).status_code == 303
    made = Environment.objects.get(slug="prod")
    assert made.aliases == ["production", "live", "prd"]
    place.refresh_from_db()
    assert (place.name, place.environment) == ("prod", made)


@time_machine.travel(SOON, tick=False)
def test_a_rule_that_names_what_is_renamed_is_listed_before(admin_client: Client, shop: Project) -> None:
    add_prod(admin_client, shop)
    Environment.objects.filter(slug="prod").update(aliases=[])
    world.rule("SHOP-2", selector={**SELECTOR, "environment": "production"})
    errors(shop)
    place = ProjectEnvironment.objects.get(name="production")
    page = admin_client.get(reverse("environment_link", args=[place.pk])).content.decode()
    assert "SHOP-2" in page
    assert "SHOP-1" not in page
