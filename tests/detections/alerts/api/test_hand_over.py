"""Handing over and calling others by API: by name, idempotent, a conflict for the second."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from detections.alerts.escalation.models import EscalationPolicy, EscalationStep, OwnerTarget
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.models import Alert
from detections.alerts.routing_models import NotificationPolicy, Target
from opsconsole.accounts import tokens
from opsconsole.accounts.models import ApiToken, Owner
from tests.detections.alerts.factories import MINUTE, START, judge, make_scope, make_user

pytestmark = pytest.mark.usefixtures("notification_policies")
NOW = START + MINUTE


@pytest.fixture
def bot() -> Client:
    user = make_user("ada")
    user.user_permissions.add(Permission.objects.get(codename="change_alert"))
    return Client(headers={"Authorization": f"Bearer {tokens.create(user, 'bot', ApiToken.Scope.WRITE)[1]}"})


@pytest.fixture
def alert() -> Alert:
    policy = EscalationPolicy.objects.create(name="Soon")
    step = EscalationStep.objects.create(policy=policy, number=1, wait_minutes=5)
    step.targets.set([Target.objects.get(name="SEV-1")])
    NotificationPolicy.objects.filter(name="Critical").update(escalation=policy)
    judge(make_scope(), "c", 0)
    consume(NOW)
    for name in ("sre-agent", "security-agent"):
        owner, _ = Owner.objects.get_or_create(name=name)
        target = Target.objects.create(name=f"pager of {name}", address=name)
        OwnerTarget.objects.create(owner=owner, target=target)
    return Alert.objects.get()


def post(bot: Client, alert: Alert, act: str, **query: Any) -> Any:
    address = f"/api/v1/alerts/{alert.pk}/{act}/?" + "&".join(f"{name}={value}" for name, value in query.items())
    return bot.post(address)


def test_it_is_handed_over_once(bot: Client, alert: Alert) -> None:
    first = post(bot, alert, "hand_over", to="sre-agent", revision=alert.revision)
    assert first.status_code == 200
    assert (first.json()["assigned_to"], first.json()["changed"]) == ("sre-agent", True)
    assert [row["address"] for row in first.json()["deliveries"] if row["kind"] == "handed_over"] == ["sre-agent"]
    assert first.json()["log"][-1]["actor"] == "ada (token bot)"
    again = post(bot, alert, "hand_over", to="sre-agent", revision=alert.revision)
    assert (again.status_code, again.json()["changed"]) == (200, False)
    assert again.json()["revision"] == first.json()["revision"]


def test_the_second_gets_409_with_the_alert_as_it_is(bot: Client, alert: Alert) -> None:
    post(bot, alert, "hand_over", to="sre-agent")
    second = post(bot, alert, "hand_over", to="security-agent", revision=alert.revision)
    assert second.status_code == 409
    assert (second.json()["assigned_to"], "sre-agent" in second.json()["detail"]) == ("sre-agent", True)


@pytest.mark.parametrize("act", ["hand_over", "responders", "responders/stop"])
def test_a_name_that_nobody_has_is_422_and_makes_no_owner(bot: Client, alert: Alert, act: str) -> None:
    answer = post(bot, alert, act, to="nobody")
    assert (answer.status_code, "'nobody'" in answer.json()["detail"]) == (422, True)
    assert post(bot, alert, act).status_code == 422
    assert post(bot, alert, act, to="").status_code == 422
    assert post(bot, alert, act, to="x%00").status_code == 422
    assert Owner.objects.count() == 2


def test_a_responder_is_called_and_called_off(bot: Client, alert: Alert) -> None:
    called = post(bot, alert, "responders", to="sre-agent").json()
    assert (called["responders"], called["changed"], called["assigned_to"]) == (["sre-agent"], True, None)
    assert post(bot, alert, "responders", to="sre-agent").json()["changed"] is False
    off = post(bot, alert, "responders/stop", to="sre-agent").json()
    assert (off["responders"], off["changed"]) == ([], True)
    assert post(bot, alert, "responders/stop", to="sre-agent").json()["changed"] is False


def test_whoever_may_not_act_makes_nothing(alert: Alert) -> None:
    viewer = make_user("vera")
    viewer.user_permissions.add(Permission.objects.get(codename="view_alert"))
    bot = Client(headers={"Authorization": f"Bearer {tokens.create(viewer, 'bot', ApiToken.Scope.WRITE)[1]}"})
    assert post(bot, alert, "hand_over", to="vera").status_code == 403
    assert Owner.objects.count() == 2


def test_the_escalation_is_there(bot: Client, alert: Alert) -> None:
    due = (NOW + timedelta(minutes=5)).isoformat().replace("+00:00", "Z")
    assert bot.get(f"/api/v1/alerts/{alert.pk}/").json()["escalation"] == {
        "policy": "Soon",
        "status": "waiting",
        "next_step": 1,
        "steps": 1,
        "due_at": due,
    }
    post(bot, alert, "acknowledge")
    assert bot.get(f"/api/v1/alerts/{alert.pk}/").json()["escalation"]["status"] == "stopped"
