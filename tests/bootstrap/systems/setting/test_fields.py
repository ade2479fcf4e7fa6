"""What a system and its deployments say of how variables are set: checked, inherited, shown."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from bootstrap.prerequisites import prerequisites
from bootstrap.systems.models import Deployment, System
from bootstrap.systems.setting.read import place_in, place_of, places_in
from tests.bootstrap import builders
from tests.bootstrap.builders import NOON

pytestmark = pytest.mark.django_db


def deployed() -> Deployment:
    builders.environment()
    return Deployment.objects.select_related("app", "environment__system").get()


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"set_with": "compose"}, "set_path"),
        ({"set_with": "systemd"}, "set_path"),
        ({"set_with": "github"}, "set_repository"),
        ({"set_with": "own"}, "set_template"),
        ({"set_with": "own", "set_template": "tool {nam}"}, "set_template"),
        ({"set_namespace": "{env}"}, "set_namespace"),
        ({"set_path": "a}"}, "set_path"),
        ({"set_with": "ansible"}, "set_with"),
    ],
)
def test_what_is_missing_or_wrong_is_named_at_its_field(fields: dict[str, str], wrong: str) -> None:
    with pytest.raises(ValidationError) as refused:
        System(slug="s", name="S", **fields).full_clean()
    assert wrong in refused.value.message_dict


def test_a_deployment_says_what_differs_or_stands_for_itself() -> None:
    System.objects.all().delete()
    deployment = deployed()
    system = deployment.environment.system
    system.set_with, system.set_namespace, system.set_holder = "kubectl_secret", "{system}-{environment}", "all"
    deployment.set_holder = "{host}-own"
    place = place_of(deployment)
    assert (place.platform, place.get("namespace"), place.get("holder")) == (
        "kubectl_secret",
        "demo-prod",
        "demo-api-prod-own",
    )
    deployment.set_with = "fly"
    assert place_of(deployment).get("namespace") == ""


def test_places_are_read_together_and_where_nothing_is_deployed_the_system_says() -> None:
    deployment = deployed()
    bare = deployment.environment.system.environments.create(slug="eu", name="EU")
    found = places_in([deployment.environment_id, bare.pk])
    assert found[deployment.environment_id, None].host == "demo-api-prod"
    assert (found[bare.pk, None].platform, found[bare.pk, None].host) == ("heroku", None)
    assert place_in(bare, None) == found[bare.pk, None]


def test_a_system_that_has_not_chosen_gets_no_command_of_heroku() -> None:
    env = builders.environment()
    System.objects.update(set_with="")
    checklist = builders.run(env)
    builders.item(checklist, "TOKEN", variable="TOKEN")
    (state,) = prerequisites(env, ["var:TOKEN"], NOON)
    assert state.command is not None
    assert "heroku" not in state.command
    assert state.command.endswith("export TOKEN")


def test_the_admin_shows_the_commands_as_saved(admin_client: Client) -> None:
    deployment = deployed()
    System.objects.update(set_with="own", set_template="tool set {name} --app {host}", set_unset_template="")
    for address in (
        reverse("admin:bootstrap_system_change", args=[deployment.environment.system.pk]),
        reverse("admin:bootstrap_deployment_change", args=[deployment.pk]),
    ):
        page = admin_client.get(address).content.decode()
        assert "tool set EXAMPLE --app demo-api-prod" in page
        assert "setting_fields.js" in page
    assert admin_client.get(reverse("admin:bootstrap_system_add")).status_code == 200
    assert admin_client.get(reverse("admin:bootstrap_deployment_add")).status_code == 200
