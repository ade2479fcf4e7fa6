"""Projects and environments by all of their names."""

import pytest

from bootstrap.systems.models import Environment
from detections.rules.matching.places import Places, environment_choices, project_choices
from tests.detections import builders
from tests.detections.rules import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def raptor():
    project = builders.project()
    world.environment(project)
    world.environment(project, "Preview-7")
    kestrel = builders.project("kestrel")
    Environment.objects.create(system=kestrel.app.system, slug="staging", name="Staging", aliases=["stage"])
    return project


@pytest.mark.parametrize(
    ("written", "project", "name", "noted"),
    [
        ("prod", "", "prod", False),
        ("production", "", "prod", True),
        ("PRODUCTION", "raptor", "prod", True),
        ("preview-7", "raptor", "Preview-7", True),
        ("stage", "kestrel", "staging", True),
        ("stage", "raptor", "stage", False),
        ("nowhere", "", "nowhere", False),
        ("", "", "", False),
    ],
)
def test_aliases_are_names_of_one_environment(raptor, written, project, name, noted):
    read, note = Places().environment_named(written, project)

    assert read == name
    assert bool(note) == noted


def test_a_project_is_found_by_its_name(raptor):
    assert Places().project_named("Raptor") == ("raptor", "Raptor is the project raptor.")
    assert Places().project_named("raptor") == ("raptor", "")
    assert Places().project_named("falcon") == ("falcon", "")


def test_what_does_not_exist_is_said_with_the_nearest(raptor):
    def of(project, environment):
        return [(each.field, each.says, each.nearest) for each in Places().unmatched(project, environment)]

    assert of("raptor", "prod") == of("", "") == of("", "Preview-7") == of("", "staging") == []
    assert of("raptr", "") == [("project", "There is no project raptr.", ("raptor",))]
    assert of("raptor", "staging") == [
        ("environment", "raptor has no environment staging.", ("Preview-7", "prod"))  # nothing is alike: what there is
    ]
    assert of("", "prodd") == [("environment", "There is no environment prodd.", ("prod",))]
    assert all(each.never for each in Places().unmatched("raptr", "prodd"))


def test_they_are_chosen_from_a_list_that_keeps_what_is_chosen(raptor):
    assert project_choices("raptor") == [("", "Every project"), ("kestrel", "kestrel"), ("raptor", "raptor")]
    assert environment_choices() == [
        ("", "Every environment"),
        ("Preview-7", "Preview-7"),
        ("prod", "prod (also production)"),
        ("staging", "staging (also stage)"),
    ]
    assert environment_choices("gone")[-1] == ("gone", "gone (does not exist)")
