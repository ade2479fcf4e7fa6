"""Starting a run: only pairs that fit are offered, and an environment is made where there is none."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError

from bootstrap.checklists.models import Checklist, ChecklistVersion, Run
from bootstrap.systems.models import App, Deployment, Environment, System
from bootstrap.systems.new_environment import make_environment
from opsconsole.accounts import groups
from tests.bootstrap import builders
from tests.bootstrap.people import client_of
from tests.markup import folded

pytestmark = pytest.mark.django_db
MAKE = ("add_run", "add_environment", "add_deployment")


def checklist(system: str, title: str, kind: str = "bootstrap") -> ChecklistVersion:
    owner = System.objects.get_or_create(slug=system, defaults={"name": system.title()})[0]
    App.objects.get_or_create(system=owner, slug=system, defaults={"name": system.title()})
    made = Checklist.objects.create(system=owner, slug=f"{system}-{title}", title=title, kind=kind)
    return ChecklistVersion.objects.create(checklist=made, number=1, content_hash="0" * 64)


@pytest.fixture
def magpie() -> ChecklistVersion:
    """The checklist of a system without an environment, beside one of another system with two."""
    builders.environment("prod", "raven")
    builders.environment("staging", "raven")
    checklist("raven", "Raven setup")
    return checklist("magpie", "Magpie setup")


def start(**chosen: object) -> str:
    return "/checklists/start/?" + "&".join(f"{name}={value}" for name, value in chosen.items())


def test_checklists_are_grouped_by_system_and_only_its_environments_are_offered(magpie: ChecklistVersion) -> None:
    client = client_of("dan", "add_run")
    page = client.get("/checklists/start/").content.decode()
    assert '<optgroup label="Magpie">' in page
    assert '<optgroup label="Raven">' in page
    assert "raven/prod" not in page, "environments come with the checklist"
    raven = ChecklistVersion.objects.get(checklist__title="Raven setup")
    page = client.get(start(version=raven.pk)).content.decode()
    assert "raven/prod</option>" in page
    assert "raven/staging</option>" in page
    other = builders.environment("prod", "other")
    assert f'value="{other.pk}"' not in page
    part = client.get(start(version=raven.pk), headers={"HX-Request": "true"}).content.decode()
    assert folded(part).startswith('<div class="stack" id="start-form">')
    assert "raven/prod</option>" in part


def test_an_environment_narrows_the_checklists_to_its_system(magpie: ChecklistVersion) -> None:
    prod = Environment.objects.get(slug="prod", system__slug="raven")
    page = client_of("dan", "add_run").get(start(environment=prod.pk)).content.decode()
    assert "Raven setup" in page
    assert "Magpie setup" not in page
    assert f'<option value="{prod.pk}" selected>raven/prod</option>' in page, "the only checklist is chosen"


@pytest.mark.parametrize("value", ["0", "999999", "x", "-1", "9" * 30, ""])
def test_what_names_nothing_is_left_out(magpie: ChecklistVersion, value: str) -> None:
    client = client_of("dan", "add_run")
    for query in (f"version={value}", f"environment={value}", f"version={value}&environment={value}"):
        answer = client.get(f"/checklists/start/?{query}")
        assert answer.status_code == 200
        assert "Choose a checklist" in answer.content.decode()


def test_a_system_without_environments_gets_its_first_one_where_its_checklist_is_started(
    magpie: ChecklistVersion,
) -> None:
    client = client_of("dan", *MAKE)
    page = client.get(start(version=magpie.pk)).content.decode()
    assert "Magpie has no environment yet" in page
    sent = {
        "new-slug": "Staging",
        "new-aliases": "Stage, test ,stage",
        "new-app": App.objects.get(system__slug="magpie").pk,
        "new-host_name": "magpie-staging",
    }
    answer = client.post(f"/checklists/start/{magpie.pk}/environment/", sent)
    made = Environment.objects.get(system__slug="magpie")
    assert (made.slug, made.name, made.aliases) == ("staging", "Staging", ["stage", "test"])
    assert Deployment.objects.get(environment=made).host_name == "magpie-staging"
    assert answer.headers["Location"] == start(version=magpie.pk, environment=made.pk)
    page = client.get(answer.headers["Location"]).content.decode()
    assert f'<option value="{made.pk}" selected>magpie/staging</option>' in page
    client.post("/checklists/start/", {"version": magpie.pk, "environment": made.pk})
    assert Run.objects.get().environment == made
    assert "Open already" in client.get(start(version=magpie.pk)).content.decode()


def test_a_wrong_environment_is_refused_at_its_field_and_what_was_typed_stays(magpie: ChecklistVersion) -> None:
    system = magpie.checklist.system
    make_environment(system, "prod", aliases=["live"])
    client = client_of("dan", *MAKE)
    for sent, words in (
        ({"new-slug": "prod"}, "magpie/prod is called prod: a name belongs"),
        ({"new-slug": "live"}, "magpie/prod is called live: a name belongs"),
        ({"new-slug": "new", "new-aliases": "Live"}, "magpie/prod is called live: a name belongs"),
        ({"new-slug": "a b"}, "valid “slug”"),
        ({"new-slug": "new", "new-aliases": "x" * 65}, "longer than 64 characters"),
        ({"new-slug": ""}, "This field is required"),
        ({"new-slug": "new", "new-host_name": "h"}, "Choose the application"),
    ):
        answer = client.post(f"/checklists/start/{magpie.pk}/environment/", {"new-name": "Typed name", **sent})
        html = answer.content.decode()
        assert (answer.status_code, words in html) == (422, True), words
        assert 'value="Typed name"' in html
    assert Environment.objects.filter(system=system).count() == 1


def test_of_two_environments_of_one_name_the_second_is_refused(magpie: ChecklistVersion) -> None:
    system = magpie.checklist.system
    make_environment(system, "prod")
    with pytest.raises(ValidationError, match="magpie/prod is called prod"):
        make_environment(system, "prod")
    assert make_environment(System.objects.get(slug="raven"), "live").path == "raven/live"


def test_whoever_may_not_make_environments_reads_who_may(magpie: ChecklistVersion) -> None:
    groups.load()
    builders.person("root").groups.add(Group.objects.get(name="Admin"))
    client = client_of("dan", "add_run")
    page = folded(client.get(start(version=magpie.pk)).content.decode())
    assert "It can be made by the group Admin (root)" in page
    assert client.post(f"/checklists/start/{magpie.pk}/environment/", {"new-slug": "x"}).status_code == 403
    assert "can be started by" in client_of("eve").get("/checklists/").content.decode()


def test_a_review_asks_what_it_is_about(magpie: ChecklistVersion) -> None:
    make_environment(magpie.checklist.system, "prod")
    review = checklist("magpie", "Review", kind="review")
    page = client_of("dan", "add_run").get(start(version=review.pk)).content.decode()
    assert 'name="subject" maxlength="300" required' in page
