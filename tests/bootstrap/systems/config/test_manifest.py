"""What agents are asked for: rules, flags and comparison groups, in the shape that was agreed on."""

from __future__ import annotations

import hashlib
import json

import pytest

from bootstrap.content import load
from bootstrap.systems.config.manifest import AgentVariable, manifest_of, manifests
from bootstrap.systems.models import App, ConfigConstraint, ConfigVar, Deployment, Environment, Flag, System
from bootstrap.systems.value_rules import formats
from bootstrap.systems.value_rules.flags import FLAG_WORDS, IN_SOURCE, IN_TEXT, wanted_on
from tests.bootstrap import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def place() -> Deployment:
    environment = builders.environment()
    return Deployment.objects.select_related("app", "environment__system").get(environment=environment)


def asked(deployment: Deployment) -> dict[str, AgentVariable]:
    return {variable["name"]: variable for variable in manifest_of(deployment)["variables"]}


def test_its_shape_and_hash(place: Deployment) -> None:
    ConfigVar.objects.create(app=place.app, name="SECRET_KEY", format_rule="min_length:32")
    ConfigVar.objects.create(app=place.app, name="APP_ENV", secret=False, accepted_values=["production", "development"])
    Flag.objects.create(system=place.environment.system, name="FLAG_X", aliases=["x"])
    manifest = dict(manifest_of(place))
    digest = manifest.pop("hash")
    assert manifest.pop("takes_unseen") is True
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
            {"name": "x", "secret": False, "format": "boolean", "accepted": list(FLAG_WORDS), "groups": []},
        ],
    }
    assert digest == hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
    Flag.objects.all().delete()
    assert manifest_of(place)["hash"] != digest


def test_what_the_environment_is_to_have_is_asked_for_after_what_is_accepted(place: Deployment) -> None:
    expected = {"prod": "live", "*": "production"}
    words = {"secret": False, "accepted_values": ["production", "development"], "expected_values": expected}
    ConfigVar.objects.create(app=place.app, name="APP_ENV", **words)
    ConfigVar.objects.create(app=place.app, name="A_SECRET", secret=True, expected_values={"*": "hunter2"})
    ConfigVar.objects.create(app=place.app, name="FLAG_X", secret=False, expected_values={"*": "hunter2"})
    staging = builders.environment("staging").deployments.select_related("app", "environment__system").get()
    assert asked(place)["APP_ENV"]["accepted"] == ["production", "development", "live"]
    assert asked(staging)["APP_ENV"]["accepted"] == ["production", "development"]
    assert "hunter2" not in json.dumps([manifest_of(place), manifest_of(staging)])
    before = manifest_of(place)["hash"]
    ConfigVar.objects.filter(name="APP_ENV").update(expected_values={"*": "production"})
    assert manifest_of(place)["hash"] != before


def test_words_for_off_come_first() -> None:
    assert FLAG_WORDS == ("0", "false", "off", "no", "", "1", "true", "on", "yes")
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


def test_a_flag_is_asked_for_under_each_of_its_names(place: Deployment) -> None:
    system = place.app.system
    Flag.objects.create(system=system, name="FLAG_SENTRY", aliases=["sentry_backend", "sentry.backend", "KNOWN"])
    Flag.objects.create(system=system, name="FLAG_OTHER", aliases=["sentry_backend"])
    ConfigVar.objects.create(app=place.app, name="KNOWN")
    found = manifest_of(place)["variables"]
    assert [each["name"] for each in found] == ["KNOWN", "FLAG_OTHER", "FLAG_SENTRY", "sentry_backend"]
    assert [each["accepted"] for each in found] == [[], *[list(FLAG_WORDS)] * 3]


def test_manifests_of_many_take_as_many_statements_as_that_of_one(place: Deployment, django_assert_num_queries) -> None:
    load()
    places = list(Deployment.objects.select_related("app__system", "environment__system"))
    one_by_one = {each.pk: manifest_of(each) for each in places}
    with django_assert_num_queries(3):
        assert manifests(places) == one_by_one


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("FLAG_A and `FEATURE_B_2`", ["FLAG_A", "FEATURE_B_2"]),
        ("MY_FLAG_A, FLAG_, FLAG_a, FLAG_A_", []),
        (f"FLAG_{'A' * 90}", []),
    ],
)
def test_what_is_a_flags_name(text: str, names: list[str]) -> None:
    assert IN_TEXT.findall(text) == names
    assert [name.decode() for name in IN_SOURCE.findall(text.encode())] == names


@pytest.mark.parametrize(
    ("values", "on"),
    [({}, True), ({"*": "0"}, False), ({"*": "0", "prod": "1"}, True), ({"prod": "Off"}, False), ({"dev": "0"}, True)],
)
def test_whether_an_item_wants_its_flag_on(values: dict[str, str], on: bool) -> None:
    assert wanted_on(values, "prod") is on
