"""The environment makes the first targets, at every start the same."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from detections.alerts.delivery.sender import deliver
from detections.alerts.delivery_models import Delivery
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.routing.match_policies import match_policies, tree_problems
from detections.alerts.routing.matchers import Subject
from detections.alerts.routing_models import NotificationPolicy, Target
from detections.alerts.routing_queries import routing_tree
from detections.alerts.summary.receivers import receivers
from detections.alerts.targets.environment import POLICY, SUMMARY_POLICY, load
from detections.alerts.targets.values import open_values
from detections.dashboard.console_health import measure
from opsconsole.env.first_targets import VARIABLES, first_targets
from opsconsole.env.outgoing import mail_server
from tests.detections.alerts.delivery.queue import NOW, at
from tests.detections.alerts.factories import judge, judge_all, make_scope
from tests.receivers.pagerduty import ROUTING_KEY, PagerDutyServer
from tests.receivers.slack import SlackServer

pytestmark = pytest.mark.usefixtures("notification_policies")
HOOK = {"webhook_url": "https://hooks.slack.com/services/T/B/hunter2"}
MAIL = {"to": "ops@example.org"}
BOT = {"token": "xoxb-1", "channel": "#ops"}


@pytest.fixture(autouse=True)
def _anywhere(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """No look-up of names at the start of a test; there is a mail server."""
    settings.MAIL_SERVER = mail_server("smtp://mail")
    monkeypatch.setattr("detections.alerts.channels.http.check_url", lambda url, allow: url)


def ours() -> Target:
    return Target.objects.get(origin="environment")


def reached(severity: str) -> set[str]:
    matches = match_policies(routing_tree(), Subject("R", "beta", severity, "raptor", "prod"), NOW).matches
    return {Target.objects.get(pk=target).name for match in matches for target in match.node.targets}


def test_a_variable_makes_a_target_that_gets_critical_and_high_beside_the_others() -> None:
    assert load({"slack": HOOK}, NOW) == [
        "target Slack (environment) added: it gets critical and high alerts",
        "target Slack (environment) gets the daily summary",
    ]
    assert open_values(ours()) == HOOK
    assert "hunter2" not in ours().secret + str(ours().settings) + ours().address
    assert reached("critical") == {"Slack (environment)", "SEV-1"}
    assert reached("high") == {"Slack (environment)", "SEV-2 to 5, business hours"}
    assert reached("medium") == {"Slack (environment)", "Operations mailbox"}
    assert tree_problems(routing_tree()) == []


def test_a_second_start_changes_nothing_and_another_value_replaces_the_first() -> None:
    load({"slack": HOOK}, NOW)
    before = Target.objects.values().get(origin="environment")
    assert load({"slack": HOOK}, NOW) == []
    assert Target.objects.values().get(origin="environment") == before
    assert load({"slack": BOT}, NOW) == ["target Slack (environment) updated"]
    assert (open_values(ours()), ours().address) == (BOT, "#ops")


def test_without_its_variable_a_target_is_switched_off_and_with_it_on_again() -> None:
    load({"slack": HOOK}, NOW)
    assert load({}, NOW) == ["target Slack (environment) switched off: its variable is gone"]
    assert load({}, NOW) == []
    assert reached("critical") == {"SEV-1"}, "no message is made for a target that is gone"
    load({"slack": HOOK}, NOW)
    assert reached("critical") == {"Slack (environment)", "SEV-1"}


def test_what_a_person_made_of_the_policy_stays() -> None:
    load({"slack": HOOK}, NOW)
    NotificationPolicy.objects.filter(name=POLICY).update(matchers={"severity": ["critical"]}, order=15)
    load({"slack": BOT}, NOW)
    assert reached("high") == {"SEV-2 to 5, business hours"}
    NotificationPolicy.objects.get(name=POLICY).delete()
    load({"slack": HOOK}, NOW)
    load({}, NOW)
    load({"slack": HOOK}, NOW)
    assert not NotificationPolicy.objects.filter(name=POLICY).exists()


def summarized() -> set[str]:
    return {target.name for target, policy in receivers() if policy.name == SUMMARY_POLICY}


def test_the_summary_goes_to_the_environments_mailbox_or_else_to_its_slack() -> None:
    load({"slack": HOOK}, NOW)
    assert summarized() == {"Slack (environment)"}
    load({"slack": HOOK, "email": MAIL}, NOW)
    assert summarized() == {"E-mail (environment)"}
    assert reached("critical") == {"E-mail (environment)", "Slack (environment)", "SEV-1"}
    assert load({"slack": HOOK, "email": MAIL}, NOW) == []
    load({"slack": HOOK}, NOW)
    assert summarized() == {"Slack (environment)"}
    load({}, NOW)
    assert summarized() == set()
    load({"email": MAIL}, NOW)
    assert summarized() == {"E-mail (environment)"}


def test_what_a_person_made_of_the_policy_of_summaries_stays() -> None:
    load({"slack": HOOK}, NOW)
    policy = NotificationPolicy.objects.get(name=SUMMARY_POLICY)
    policy.targets.clear()
    load({"slack": HOOK}, NOW)
    load({"slack": HOOK, "email": MAIL}, NOW)
    assert summarized() == set()
    policy.delete()
    load({"slack": HOOK, "email": MAIL}, NOW)
    assert not NotificationPolicy.objects.filter(name=SUMMARY_POLICY).exists()


def test_a_console_that_was_connected_before_there_were_summaries_gets_them() -> None:
    load({"slack": HOOK}, NOW)
    NotificationPolicy.objects.filter(name=SUMMARY_POLICY).delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM detections_notificationpolicyevent WHERE name = %s", [SUMMARY_POLICY])
    assert load({"slack": HOOK}, NOW) == ["target Slack (environment) gets the daily summary"]


def test_many_addresses_are_all_used_and_shown_as_far_as_there_is_room() -> None:
    many = {"to": ", ".join(f"person{number}@mail.example.org" for number in range(40))}
    load({"email": many}, NOW)
    assert open_values(ours()) == many
    assert len(ours().address) == 200


@pytest.mark.parametrize("order", [0, 1, 3])
def test_the_policy_comes_first_whatever_is_there(order: int) -> None:
    NotificationPolicy.objects.filter(order=10).update(order=order)
    load({"slack": HOOK}, NOW)
    first = NotificationPolicy.objects.order_by("order").values_list("name", flat=True)[:2]
    assert set(first) == {POLICY, SUMMARY_POLICY}
    assert tree_problems(routing_tree()) == []


def test_a_name_that_is_taken_is_numbered_and_the_persons_target_stays() -> None:
    Target.objects.create(name="Slack (environment)", address="#mine")
    load({"slack": HOOK}, NOW)
    assert ours().name == "Slack (environment) 2"
    assert Target.objects.get(address="#mine").origin == ""


def test_a_secret_that_no_key_opens_is_stored_anew() -> None:
    load({"slack": HOOK}, NOW)
    Target.objects.filter(origin="environment").update(secret="v1:broken")
    load({"slack": HOOK}, NOW)
    assert open_values(ours()) == HOOK


def test_what_a_channel_cannot_use_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    lines = load({"slack": {"webhook_url": "http://127.0.0.1/x"}}, NOW)
    assert lines[0].startswith("target Slack cannot be reached: 127.0.0.1 cannot be a receiver")
    assert measure(NOW).connected_targets == 0
    assert not Target.objects.filter(origin="environment").exists()


def test_a_target_whose_address_is_refused_is_not_connected_until_it_is_another() -> None:
    load({"slack": HOOK}, NOW)
    assert measure(NOW).connected_targets == 1
    for _ in range(2):
        load({"slack": {"webhook_url": "https://169.254.169.254/x"}}, NOW)
        assert measure(NOW).connected_targets == 0
    assert load({"slack": HOOK}, NOW) == ["target Slack (environment) updated"]
    assert measure(NOW).connected_targets == 1


def test_a_start_without_the_variable_is_logged_with_its_name_and_the_target(caplog: pytest.LogCaptureFixture) -> None:
    load({"slack": HOOK}, NOW)
    load({}, NOW)
    load({}, NOW)
    (warning,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert "Slack (environment)" in warning
    assert "OPSCONSOLE_SLACK_WEBHOOK_URL or OPSCONSOLE_SLACK_BOT_TOKEN" in warning


def test_no_later_message_is_made_for_a_target_whose_variable_left(slack: SlackServer) -> None:
    load({"slack": {"webhook_url": slack.hook}}, NOW)
    verdict: Any = judge(make_scope(), "c", 0)
    consume(NOW)
    deliver(at(NOW))
    load({}, NOW)
    judge_all(verdict.scope, "......", start=1)
    consume(NOW)
    assert [row.target.name for row in Delivery.objects.filter(kind="resolved")] == ["SEV-1"]


def test_every_channel_of_the_environment_names_its_variables() -> None:
    for channel, names in VARIABLES.items():
        needed = ("OPSCONSOLE_EMAIL_URL",)  # it makes no target by itself
        read = dict.fromkeys((names[0], *needed), "https://a.example/x").get
        assert list(first_targets(read)) == [channel]


@pytest.mark.django_db(transaction=True)
def test_two_consoles_that_start_at_once_make_one_target() -> None:
    def start() -> None:
        try:
            load({"slack": HOOK, "webhook": {"url": "https://a.example/"}}, NOW)
        finally:
            connection.close()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made = Target.objects.filter(origin="environment")
    assert sorted(made.values_list("channel", flat=True)) == ["slack", "webhook"]
    assert NotificationPolicy.objects.get(name=POLICY).targets.count() == 2


def test_a_critical_alert_reaches_slack_and_its_end_too_and_names_the_channel_that_was_meant(
    slack: SlackServer, settings: Settings
) -> None:
    load({"slack": {"webhook_url": slack.hook}}, NOW)
    verdict: Any = judge(make_scope(), "c", 0)
    consume(NOW)
    deliver(at(NOW))
    judge_all(verdict.scope, "......", start=1)
    consume(NOW)
    deliver(at(NOW))
    fired, resolved = slack.messages
    assert fired.text == "🚨 Critical: DET-BETA-003 on /api/beta/preview/*"
    assert resolved.text.startswith("✅ Resolved")
    assert all("For #raxx-ops-alert-sev1" in message.shown for message in (fired, resolved))
    assert slack.refused == []
    delivery = Delivery.objects.filter(target=ours()).first()
    assert delivery is not None
    assert delivery.policy_name == POLICY


def test_a_critical_alert_opens_an_incident_of_pagerduty_and_its_end_resolves_it(
    pagerduty: PagerDutyServer, settings: Settings
) -> None:
    settings.PAGERDUTY_URL = pagerduty.url
    load({"pagerduty": {"routing_key": ROUTING_KEY}}, NOW)
    verdict: Any = judge(make_scope(), "c", 0)
    consume(NOW)
    deliver(at(NOW))
    (opened,) = pagerduty.incidents.items()
    judge_all(verdict.scope, "......", start=1)
    consume(NOW)
    deliver(at(NOW))
    assert opened[1] == "triggered"
    assert pagerduty.incidents == {opened[0]: "resolved"}
    assert pagerduty.events[0]["payload"]["severity"] == "critical"
    assert pagerduty.refused == []
    fired = Delivery.objects.get(target=ours(), kind="firing")
    assert fired.receipt == {"dedup_key": fired.payload["episode"]}
