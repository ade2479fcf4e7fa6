"""The alert that a rule cannot be judged: from the errors to its page, its message and its end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from detections.alerts.channels.messages import render
from detections.alerts.delivery_models import Delivery
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.models import Alert
from detections.rules import packs
from detections.rules.models import Baseline, Rule, Scope
from detections.telemetry.models import ProjectEnvironment
from tests.detections import builders
from tests.detections.alerts.factories import make_user
from tests.detections.rules import world
from tests.detections.rules.world import HOUR, MINUTE, NOON
from tests.markup import folded

pytestmark = pytest.mark.usefixtures("notification_policies")


@pytest.fixture
def place() -> ProjectEnvironment:
    packs.load(NOON)
    place = world.environment(builders.project())
    world.covered(NOON - HOUR, NOON + HOUR)
    world.count(place, world.ROUTE, {NOON + i * MINUTE: 4 for i in range(30)})
    return place


@pytest.fixture
def viewer(client: Client) -> Client:
    person = make_user("ada")
    person.user_permissions.add(Permission.objects.get(codename="change_alert"))
    client.force_login(person)
    return client


def tick(minutes: int, since: int = 1) -> None:
    for i in range(since, since + minutes):
        world.judge(NOON + i * MINUTE)
        consume(NOON + i * MINUTE + timedelta(seconds=11))


def spoil(place: ProjectEnvironment) -> Baseline:
    """An estimate without its limits."""
    rule = Rule.objects.get(identifier="DET-OPS-002")
    assert rule.current is not None
    scope = Scope.objects.create(rule=rule, project_environment=place, group_key=world.ROUTE, created_at=NOON)
    return Baseline.objects.create(
        scope=scope, source="sentry", hour=NOON, version=rule.current, established=True, data={}
    )


def blind() -> Alert:
    return Alert.objects.get(rule__identifier="DET-CONSOLE-001")


def test_from_the_errors_to_the_end(place: ProjectEnvironment) -> None:
    spoilt = spoil(place)
    tick(2)
    assert not Alert.objects.exists()
    tick(1, since=3)
    alert = blind()
    assert (alert.status, alert.severity, alert.group_key) == ("firing", 2, "DET-OPS-002")
    assert (alert.cause, alert.owner) == ("DET-OPS-002 cannot be judged: KeyError: 'exceed'", "sre-agent")
    message = render(Delivery.objects.get(alert=alert).payload)
    assert message.headline == "⚠️ High: DET-CONSOLE-001 on DET-OPS-002"
    assert "could not be judged on /api/orders/submit" in message.text

    spoilt.delete()
    tick(1, since=4)
    assert blind().status == "recovering"
    tick(6, since=5)
    assert (blind().status, blind().resolution) == ("resolved", "cleared")
    assert Alert.objects.get(rule__identifier="DET-OPS-002").status == "firing"


def test_the_page_has_the_failing_rule_in_place_of_a_chart(place: ProjectEnvironment, viewer: Client) -> None:
    spoil(place)
    tick(3)
    alert = blind()
    html = folded(viewer.get(f"/alerts/{alert.pk}/").content.decode())
    assert '<a href="/rules/DET-OPS-002/">DET-OPS-002</a>' in html
    assert 'href="/rules/DET-OPS-002/#evaluations"' in html
    assert "3 slots in a row, ended 12:01, 12:02, 12:03 UTC." in html
    assert "KeyError: &#x27;exceed&#x27;" in html
    assert "see whether it began with an edit of the rule" in html
    assert "alert-chart" not in html
    assert "No sample event is stored" not in html
    assert "<dt>Likely cause</dt>" not in html
    chart = viewer.get(f"/alerts/{alert.pk}/chart/")
    assert chart.status_code in (200, 404)


def test_the_page_of_such_a_rule_counts_nothing(place: ProjectEnvironment, viewer: Client) -> None:
    html = folded(viewer.get("/rules/DET-CONSOLE-001/").content.decode())
    assert "Watches whether the other rules can be judged in every project in every environment" in html
    assert "ended in an error 3 slots in a row: high." in html
    assert "Baseline" not in html
    assert "errors of other rules that must fire it" in html
    assert "DET-CONSOLE-001" in viewer.get("/rules/").content.decode()


def test_guardrails_stand_as_whole_sentences_under_a_plain_heading(place: ProjectEnvironment, viewer: Client) -> None:
    spoil(place)
    tick(3)
    for page in (f"/alerts/{blind().pk}/", "/rules/DET-CONSOLE-001/", "/rules/DET-BETA-003/"):
        html = viewer.get(page).content.decode()
        assert "Guardrails</h" in html
        assert "Do not</h" not in html
    for packed in (packs.parse(path.read_text())[0] for path in packs.FOLDER.glob("*.yaml")):
        assert all(each.text.startswith("Do not ") and each.text.endswith(".") for each in packed.spec.guardrails)
