"""What agents are asked for: rules, flags and comparison groups, in the shape that was agreed on."""

from __future__ import annotations

import hashlib
import json

import pytest

from bootstrap.content import load
from bootstrap.systems import formats
from bootstrap.systems.manifest import FLAG_WORDS, AskedVariable, flag_is_on, manifest_of
from bootstrap.systems.models import App, ConfigConstraint, ConfigVar, Deployment, Environment, Flag, System
from tests.bootstrap import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def place() -> Deployment:
    environment = builders.environment()
    return Deployment.objects.select_related("app", "environment__system").get(environment=environment)


def asked(deployment: Deployment) -> dict[str, AskedVariable]:
    return {variable["name"]: variable for variable in manifest_of(deployment)["variables"]}


def test_its_shape_and_hash(place: Deployment) -> None:
    ConfigVar.objects.create(app=place.app, name="SECRET_KEY", format_rule="min_length:32")
    ConfigVar.objects.create(app=place.app, name="APP_ENV", secret=False, accepted_values=["production", "development"])
    Flag.objects.create(system=place.environment.system, name="FLAG_X", aliases=["x"])
    manifest = dict(manifest_of(place))
    digest = manifest.pop("hash")
    assert manifest == {
        "schema": 1,
        "environment": "demo/prod",
        "app": "demo-api",
        "variables": [
            {
                "name": "APP_ENV",
                "secret": False,
                "format": None,
                "accepted": ["production", "development"],
                "groups": ["demo/prod/demo-api/APP_ENV"],
            },
            {
                "name": "SECRET_KEY",
                "secret": True,
                "format": "min_length:32",
                "accepted": [],
                "groups": ["demo/prod/demo-api/SECRET_KEY"],
            },
            {"name": "FLAG_X", "secret": False, "format": "boolean", "accepted": list(FLAG_WORDS), "groups": []},
        ],
    }
    assert digest == hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
    Flag.objects.all().delete()
    assert manifest_of(place)["hash"] != digest


def test_on_and_off_are_told_by_the_index() -> None:
    assert [flag_is_on(index) for index in range(len(FLAG_WORDS))] == [False] * 5 + [True] * 4
    assert FLAG_WORDS == ("0", "false", "off", "no", "", "1", "true", "on", "yes")
    assert [flag_is_on(index) for index in (None, -1, 9)] == [None] * 3
    assert all(formats.check("boolean", word) for word in FLAG_WORDS if word)


def test_constraints_share_a_group_within_an_environment_and_no_further() -> None:
    load()
    places = {
        deployment.host_name: asked(deployment)
        for deployment in Deployment.objects.select_related("app", "environment__system")
    }
    secret = {host: variables["INTERNAL_API_SECRET"]["groups"] for host, variables in places.items()}
    shared = {host: set(groups) - {f"raptor/{host.rpartition('-')[2]}/{host.rpartition('-')[0]}/INTERNAL_API_SECRET"}
              for host, groups in secret.items()}  # fmt: skip
    assert shared["raxx-api-prod"] == shared["raxx-console-prod"] == {"raptor/prod/internal-api-secret"}
    assert shared["raxx-api-staging"] == shared["raxx-console-staging"] == {"raptor/staging/internal-api-secret"}
    api = places["raxx-api-prod"]
    assert set(api["ALPACA_API_KEY"]["groups"]) & set(api["ALPACA_PAPER_API_KEY"]["groups"])
    assert not set(api["ALPACA_API_KEY"]["groups"]) & set(api["ALPACA_API_SECRET"]["groups"])
    assert len([name for name in api if name.startswith("FLAG_")]) == 12


def test_a_constraint_of_one_environment_and_a_fallback_ask_for_nothing_elsewhere(place: Deployment) -> None:
    variable = ConfigVar.objects.create(app=place.app, name="A")
    staging = builders.environment("staging")
    kinds = ConfigConstraint.Kind
    for name, kind, environment in (
        ("here", kinds.MUST_EQUAL, place.environment),
        ("there", kinds.MUST_DIFFER, staging),
        ("chain", kinds.FALLS_BACK_TO, None),
    ):
        constraint = ConfigConstraint.objects.create(
            system=place.environment.system, name=name, kind=kind, environment=environment
        )
        constraint.members.create(variable=variable)
    assert asked(place)["A"]["groups"] == ["demo/prod/demo-api/A", "demo/prod/here"]


def test_names_that_no_environment_has_are_not_asked_for_and_a_variable_comes_before_a_flag(place: Deployment) -> None:
    ConfigVar.objects.create(app=place.app, name="spring.datasource.url")
    ConfigVar.objects.create(app=place.app, name="FLAG_X", format_rule="nonempty")
    Flag.objects.create(system=place.environment.system, name="FLAG_X")
    Flag.objects.create(system=place.environment.system, name="new-checkout")
    assert [(each["name"], each["format"]) for each in manifest_of(place)["variables"]] == [("FLAG_X", "nonempty")]


def test_group_names_fit_into_a_report() -> None:
    builders.environment()
    for model in (App, Environment, System):
        model.objects.update(slug="s" * 50)
    place = Deployment.objects.select_related("app", "environment__system").get()
    for last in "XY":
        ConfigVar.objects.create(app=place.app, name="V" * 99 + last)
    groups = [group for variable in manifest_of(place)["variables"] for group in variable["groups"]]
    assert len(set(groups)) == 2
    assert max(map(len, groups)) <= 200


@pytest.mark.parametrize("number", [1, 60])
def test_queries_do_not_grow(place: Deployment, number: int, django_assert_num_queries) -> None:
    constraint = ConfigConstraint.objects.create(system=place.environment.system, name="all", kind="must_differ")
    for index in range(number):
        constraint.members.create(variable=ConfigVar.objects.create(app=place.app, name=f"V{index}"))
        Flag.objects.create(system=place.environment.system, name=f"FLAG_{index}")
    with django_assert_num_queries(3):
        assert len(manifest_of(place)["variables"]) == 2 * number


def test_other_environments_and_systems_stay_out(place: Deployment) -> None:
    other = builders.environment(system="other")
    ConfigVar.objects.create(app=other.system.apps.get(), name="THEIRS")
    Flag.objects.create(system=other.system, name="FLAG_THEIRS")
    assert Environment.objects.count() == 2
    assert manifest_of(place)["variables"] == []
