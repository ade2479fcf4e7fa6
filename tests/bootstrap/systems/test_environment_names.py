"""Which names an environment gets, and that none belongs to two of a system."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from bootstrap.systems.add_environment import add_environment
from bootstrap.systems.environment_names import USUAL, tidy_aliases, usual_aliases
from bootstrap.systems.models import Environment, System


def test_each_usual_name_brings_the_others() -> None:
    assert usual_aliases("prod") == ["production", "live", "prd"]
    assert usual_aliases("Production") == ["prod", "live", "prd"]
    assert usual_aliases("stage", taken={"stg"}) == ["staging"]
    assert usual_aliases("canary") == []
    every = [name for group in USUAL for name in group]
    assert len(every) == len(set(every))


@given(st.lists(st.text(max_size=5)), st.text(max_size=5))
def test_tidy_aliases_stay_as_they_are(aliases: list[str], slug: str) -> None:
    tidy = tidy_aliases(aliases, slug)
    assert tidy_aliases(tidy, slug) == tidy
    assert len(set(tidy)) == len(tidy)


@pytest.fixture
def shop(db: None) -> System:
    return System.objects.create(slug="shop", name="Shop")


def test_a_name_of_another_environment_is_never_taken(shop: System) -> None:
    add_environment(shop, "live")
    assert Environment.objects.get().aliases == ["prod", "production", "prd"]
    with pytest.raises(ValidationError, match="shop/live is called prod"):
        add_environment(shop, "prod")
    Environment.objects.update(aliases=[])
    assert add_environment(shop, "prod").aliases == ["production", "prd"]


def test_the_database_refuses_what_two_people_write_at_once(shop: System) -> None:
    Environment.objects.create(system=shop, slug="prod", name="Prod", aliases=["production"])
    with pytest.raises(IntegrityError), transaction.atomic():
        Environment.objects.create(system=shop, slug="Production", name="Other")
    other = System.objects.create(slug="other", name="Other")
    Environment.objects.create(system=other, slug="prod", name="Prod", aliases=["production"])


def post(client: Client, system: System, **fields: str) -> str:
    """The page that adds an environment, sent; the text of the answer, empty where it was saved."""
    sent = {"system": system.pk, "name": "P", "aliases": "", "deployments-TOTAL_FORMS": 0, **fields}
    answer = client.post(reverse("admin:bootstrap_environment_add"), {**sent, "deployments-INITIAL_FORMS": 0})
    return "" if answer.status_code == 302 else answer.content.decode()


def test_the_admin_fills_in_the_usual_ones_and_keeps_what_is_written(admin_client: Client, shop: System) -> None:
    assert post(admin_client, shop, slug="prod") == ""
    assert post(admin_client, shop, slug="staging", aliases="Stage , eu") == ""
    aliases = dict(Environment.objects.values_list("slug", "aliases"))
    assert aliases == {"prod": ["production", "live", "prd"], "staging": ["stage", "eu"]}
    assert "shop/prod is called live" in post(admin_client, shop, slug="canary", aliases="live")


def test_the_page_of_a_system_checks_its_rows_against_each_other(admin_client: Client) -> None:
    def sent(first: str, second: str, aliases: str = "") -> dict[str, object]:
        rows = {"environments-0-slug": first, "environments-1-slug": second, "environments-1-aliases": aliases}
        counts = {f"{kind}-{what}_FORMS": 0 for kind in ("apps", "environments") for what in ("TOTAL", "INITIAL")}
        names = {"environments-0-name": "A", "environments-1-name": "B", "environments-0-aliases": ""}
        return {"name": "S", "slug": "s", **counts, **rows, **names, "environments-TOTAL_FORMS": 2}

    address = reverse("admin:bootstrap_system_add")
    refused = admin_client.post(address, sent("prod", "eu", "prd, prod"))
    assert "prod and eu are both called pr" in refused.content.decode()
    assert admin_client.post(address, sent("prod", "live")).status_code == 302
    aliases = dict(Environment.objects.values_list("slug", "aliases"))
    assert aliases == {"prod": ["production", "prd"], "live": []}


def test_giving_up_an_alias_is_said(admin_client: Client, shop: System) -> None:
    place = add_environment(shop, "prod")
    sent = {"system": shop.pk, "slug": "prod", "name": "P", "aliases": "live,prd"}
    forms = {"deployments-TOTAL_FORMS": 0, "deployments-INITIAL_FORMS": 0}
    address = reverse("admin:bootstrap_environment_change", args=[place.pk])
    page = admin_client.post(address, {**sent, **forms}, follow=True).content.decode()
    assert "Events of production are no longer counted as shop/prod" in page
