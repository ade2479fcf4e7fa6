"""A rule that can match nothing says so on its page and in the list, with the nearest."""

from __future__ import annotations

import pytest

from tests.detections import builders
from tests.detections.rules import world
from tests.detections.rules.world import NOON, ROUTE
from tests.markup import folded
from tests.people import make_viewer

pytestmark = pytest.mark.django_db


@pytest.fixture
def shown(client):
    client.force_login(make_viewer())
    project = builders.project()
    world.arrive(project, world.events(1, NOON, **world.plain()), NOON)
    return lambda address, **headers: folded(client.get(address, headers=headers).content.decode())


def test_one_whose_environment_does_not_exist_cannot_match(shown):
    world.rule("R-1", selector={"sources": [{"source": "sentry"}], "environment": "prodd"})

    assert "Cannot match" in shown("/rules/")
    assert "There is no environment prodd." in shown("/rules/")
    page = shown("/rules/R-1/")
    assert "As long as that is so the rule matches nothing." in page
    assert "<code>prod</code>" in page


def test_one_whose_route_has_a_slip_matches_nothing_yet(shown):
    world.rule("R-1", selector={"sources": [{"source": "sentry"}], "route": "/api/order/submit"})

    assert "Matches nothing yet" in shown("/rules/")
    assert "Cannot match" not in shown("/rules/")
    assert f"<code>{ROUTE}</code>" in shown("/rules/R-1/")
    assert "so far" not in shown("/rules/R-1/", **{"HX-Request": "true"})  # not asked again at each poll


def test_one_that_matches_has_no_mark(shown):
    world.rule("R-1", selector={"sources": [{"source": "sentry"}], "route": "/api/orders/*"})

    assert "Cannot match" not in shown("/rules/")
    assert "Matches nothing yet" not in shown("/rules/")
    assert "The nearest:" not in shown("/rules/R-1/")
