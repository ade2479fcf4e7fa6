"""Seeds 000 and 001 together: DET-BETA-003 disarms at once when a report says that its DSN is gone, and arms again."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client

from bootstrap.checklists.runs.lookup import find_environment
from bootstrap.config_health.deployment_lookup import find_deployment
from bootstrap.config_health.reports import tokens
from detections.rules.active_rules import rules_in_force
from detections.rules.lifecycle.state import RuleStates
from opsconsole.accounts import tokens as general
from opsconsole.accounts.models import ApiToken
from opsconsole.lib import clock
from tests.bootstrap.config_health.reports import body, post, variable
from tests.seeds.story import Story

DSN = "SENTRY_DSN_BACKEND"


@pytest.fixture
def agent(story: Story) -> Client:
    _, text = tokens.create(find_deployment("raptor/prod", None), None, clock.now())
    return Client(headers={"Authorization": f"Bearer {text}"})


def place_in_api(story: Story) -> dict[str, object]:
    _, text = general.create(story.operator, "bot", ApiToken.Scope.READ)
    found = Client(headers={"Authorization": f"Bearer {text}"}).get("/api/v1/rules/?category=beta").json()["items"]
    (rule,) = [each for each in found if each["rule"] == "DET-BETA-003"]
    (place,) = [each for each in rule["environments"] if each["environment"] == "raptor/prod"]
    return dict(place)


def page_of(story: Story) -> str:
    client = Client()
    client.force_login(story.operator)
    return client.get("/rules/DET-BETA-003/").content.decode()


def state_now() -> str:
    (rule,) = [each for each in rules_in_force() if each.rule.identifier == "DET-BETA-003"]
    environment = find_environment("raptor/prod")
    return str(RuleStates([rule], [environment], clock.now()).of(rule, environment).name)


def test_a_report_without_the_dsn_disarms_and_one_with_it_arms_again(story: Story, agent: Client) -> None:
    now = clock.now()
    story.sign(DSN, "FLAG_SENTRY_BACKEND", at=now - timedelta(hours=1))
    assert (state_now(), place_in_api(story)["state"]) == ("active", "active")

    def send(state: str, at: datetime) -> None:
        assert post(agent, body(variable(DSN, state), at=at)).status_code == 202

    send("set", now - timedelta(seconds=30))
    assert state_now() == "active"
    send("unset", now - timedelta(seconds=20))
    assert (state_now(), place_in_api(story)["state"]) == ("dormant", "dormant")
    assert place_in_api(story)["waits_for"] == [f"Variable {DSN} set"]
    assert f"but the report of {now - timedelta(seconds=20):%Y-%m-%d %H:%M} UTC says it is unset" in page_of(story)
    send("set", now - timedelta(seconds=10))
    assert (state_now(), place_in_api(story)["state"]) == ("active", "active")
