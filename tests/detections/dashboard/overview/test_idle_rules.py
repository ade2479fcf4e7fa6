"""A rule in force that has nothing to judge is a blind spot, and says which part of its selector nothing answers to."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils.html import escape

from bootstrap.systems.models import App, Environment, System
from detections.rules.lifecycle.publish import publish
from detections.rules.models import Rule
from detections.rules.spec.schema import decode
from tests.detections.dashboard import builders as make
from tests.detections.dashboard.builders import MOMENT

pytestmark = pytest.mark.django_db


def rule(**selector: str) -> None:
    content = {
        "title": "Errors",
        "selector": {"sources": [{"source": "sentry"}], **selector},
        "conditions": [{"kind": "exceedance"}],
    }
    publish("R-1", decode(content), now=MOMENT, author_name="test", mode=Rule.Mode.ACTIVE)


@pytest.fixture(autouse=True)
def traffic() -> None:
    system = System.objects.create(slug="raptor", name="Raptor")
    Environment.objects.create(system=system, slug="prod")
    series = make.series("/api/pay/{id}")
    series.project.app = App.objects.create(system=system, slug="raptor")
    series.project.save()


@pytest.mark.parametrize(
    "selector", [{}, {"route": "/api/pay/*"}, {"route": "*pay*", "project": "raptor"}, {"route": "/api/pay/{id}"}]
)
def test_a_rule_with_something_to_judge_is_no_blind_spot(viewer: Client, selector: dict[str, str]) -> None:
    rule(**selector)
    page = viewer.get("/").content.decode()
    assert "Watches nothing" not in page
    assert "Waits for events" not in page


@pytest.mark.parametrize(
    ("selector", "badge", "why"),
    [
        ({"project": "raptr"}, "Watches nothing", "there is no project raptr"),
        ({"environment": "produ"}, "Watches nothing", "there is no produ"),
        ({"route": "/api/pay.*"}, "Waits for events", "no error of any project on /api/pay.* was ever counted"),
        ({"route": "/api/refund/*"}, "Waits for events", "no error of any project on /api/refund/* was ever counted"),
    ],
)
def test_a_rule_that_selects_nothing_is_told(viewer: Client, selector: dict[str, str], badge: str, why: str) -> None:
    """One that was just armed waits, which is no fault; a selector that names nothing is one."""
    rule(**selector)
    page = viewer.get("/").content.decode()
    assert escape(why) in page
    assert [each for each in ("Watches nothing", "Waits for events") if each in page] == [badge]
    assert ("begins with the first error" in page) is (badge == "Waits for events")
