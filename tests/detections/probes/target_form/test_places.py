"""Where a target belongs: also an environment from which nothing has come yet."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from bootstrap.systems.models import App
from detections.probes.target_form.places import NONE_YET, PlaceField, stored_place
from detections.telemetry.models import Project, ProjectEnvironment
from tests.bootstrap.builders import environment
from tests.detections.probes.rows import place

pytestmark = pytest.mark.django_db


def test_an_environment_that_sent_nothing_is_offered_and_made_when_it_is_stored() -> None:
    prod = environment("prod", "raptor")
    app = App.objects.create(system=prod.system, slug="shop", name="Shop")
    Project.objects.create(slug="shop", name="Shop", app=app)
    field = PlaceField()
    assert ("shop/prod", "shop/prod (nothing has come from it yet)") in field.choices
    assert not ProjectEnvironment.objects.exists()
    chosen = field.clean("shop/prod")
    assert not ProjectEnvironment.objects.exists()
    row, again = stored_place(chosen), stored_place(chosen)
    assert (row.path, row.environment, row) == ("shop/prod", prod, again)
    assert field.clean("shop/prod") == field.clean(str(row.pk)) == row
    assert ("shop/prod", "shop/prod") in field.choices


def test_the_id_and_the_path_are_the_same_choice() -> None:
    row, field = place(), PlaceField()
    assert field.prepare_value(row.pk) == row.path
    assert not field.has_changed(row.pk, row.path)
    assert field.has_changed(row.pk, "other/prod")


@pytest.mark.parametrize("given", ["", "9999", "nobody/prod", "prod", "/", "9" * 30, "\0/\0"])
def test_what_is_not_there_is_named(given: str) -> None:
    with pytest.raises(ValidationError, match=r"required|choose one of the list"):
        PlaceField().clean(given)


def test_without_any_it_says_how_one_comes_to_be() -> None:
    assert list(PlaceField().choices) == [("", NONE_YET)]
