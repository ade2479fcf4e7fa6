"""Targets in the admin: a form by channel, secrets that are never shown, test messages."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils.html import strip_tags
from pytest_django import Settings

from detections.alerts.channels.registry import CHANNELS
from detections.alerts.delivery.sender import deliver
from detections.alerts.routing_models import NotificationPolicy, Target, TargetResult
from detections.alerts.targets.form import TargetForm
from detections.alerts.targets.values import open_values
from opsconsole.accounts.models import User
from tests.detections.alerts.delivery.queue import NOW, at, queue
from tests.receivers import weather
from tests.receivers.slack import TOKEN, SlackServer
from tests.receivers.webhook import WebhookServer

pytestmark = pytest.mark.usefixtures("notification_policies")
ADMIN = "/admin/detections/target"


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root", password=None))
    return client


def form(**changed: Any) -> dict[str, Any]:
    return {"name": "Ops", "channel": "slack", "address": "#ops", "enabled": "on", **changed}


def save(admin: Client, target: Target | None = None, **changed: Any) -> Target:
    answer = admin.post(f"{ADMIN}/{f'{target.pk}/change' if target else 'add'}/", form(**changed))
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    return Target.objects.get(name="Ops")


def page(admin: Client, target: Target) -> str:
    return admin.get(f"{ADMIN}/{target.pk}/change/").content.decode()


def test_a_secret_is_sealed_and_never_shown_again(admin: Client, slack: SlackServer) -> None:
    target = save(admin, slack_webhook_url=slack.hook)
    assert open_values(target) == {"webhook_url": slack.hook}
    assert target.settings == {}
    assert "hunter2" not in target.secret
    assert target.secret_set_at
    shown = page(admin, target)
    assert "hunter2" not in shown
    assert "Set; leave empty to keep it." in shown
    with_history = admin.get(f"{ADMIN}/{target.pk}/history/").content.decode()
    assert "hunter2" not in with_history


def test_an_empty_secret_keeps_what_is_stored_and_another_replaces_it(admin: Client, slack: SlackServer) -> None:
    target = save(admin, slack_token=TOKEN, slack_channel="#one")
    sealed, set_at = target.secret, target.secret_set_at
    target = save(admin, target, slack_channel="#two")
    assert open_values(target) == {"token": TOKEN, "channel": "#two"}
    assert (target.secret, target.secret_set_at) == (sealed, set_at)
    assert open_values(save(admin, target, slack_token="xoxb-2", slack_channel="#two"))["token"] == "xoxb-2"


def test_a_stored_secret_can_be_removed(admin: Client, webhook: WebhookServer) -> None:
    url, secret = webhook.url + "/in", "s" * 20
    target = save(admin, channel="webhook", webhook_url=url, webhook_secret=secret)
    assert page(admin, target).count("Remove it") == 2
    target = save(admin, target, channel="webhook", webhook_secret_remove="on")
    assert open_values(target) == {"url": url}
    shown = page(admin, target)
    assert 'name="webhook_url_remove"' in shown
    assert 'name="webhook_secret_remove"' not in shown
    refused = admin.post(f"{ADMIN}/{target.pk}/change/", form(channel="webhook", webhook_url_remove="on"))
    assert "webhook_url" in refused.context["adminform"].form.errors
    typed = save(admin, target, channel="webhook", webhook_url=url + "2", webhook_url_remove="on")
    assert open_values(typed) == {"url": url + "2"}


def test_a_token_takes_the_place_of_a_webhook_and_the_other_way_round(admin: Client, slack: SlackServer) -> None:
    target = save(admin, slack_webhook_url=slack.hook)
    target = save(admin, target, slack_token=TOKEN, slack_channel="#one")
    assert open_values(target) == {"token": TOKEN, "channel": "#one"}
    assert open_values(save(admin, target, slack_webhook_url=slack.hook)) == {"webhook_url": slack.hook}
    both = admin.post(f"{ADMIN}/{target.pk}/change/", form(slack_webhook_url=slack.hook, slack_token=TOKEN))
    assert "slack_token" in both.context["adminform"].form.errors


def test_the_part_of_the_own_channel_is_open_and_those_of_others_are_folded(admin: Client, slack: SlackServer) -> None:
    def folded(shown: str) -> list[str]:
        return re.findall(r"<details>\s*<summary>\s*<h2[^>]*>\s*(\S[^<]*?)\s*</h2>", shown)

    labels = [channel.label for channel in CHANNELS.values() if channel.fields]
    assert folded(admin.get(f"{ADMIN}/add/").content.decode()) == labels
    shown = page(admin, save(admin, slack_webhook_url=slack.hook))
    assert folded(shown) == [label for label in labels if label != "Slack"]
    refused = admin.post(f"{ADMIN}/add/", form(name="Other", channel="pagerduty", pagerduty_routing_key="hunter2"))
    assert folded(refused.content.decode()) == [label for label in labels if label != "PagerDuty"]


def test_the_form_itself_has_the_fields_of_all_channels() -> None:
    assert {"name", "policies", "slack_token", "webhook_url"} <= TargetForm.base_fields.keys()
    assert TargetForm().fields.keys() == TargetForm.base_fields.keys()


def test_another_channel_starts_without_the_secrets_of_the_last(admin: Client, slack: SlackServer) -> None:
    target = save(admin, slack_webhook_url=slack.hook)
    target = save(admin, target, channel="console")
    assert (target.secret, target.secret_set_at, open_values(target)) == ("", None, {})


def test_what_a_channel_cannot_use_is_said_at_its_field(admin: Client) -> None:
    answer = admin.post(f"{ADMIN}/add/", form(slack_webhook_url="http://127.0.0.1/hook"))
    assert "OPSCONSOLE_OUTBOUND_ALLOW" in str(answer.context["adminform"].form.errors["slack_webhook_url"])
    answer = admin.post(f"{ADMIN}/add/", form())
    assert "slack_webhook_url" in answer.context["adminform"].form.errors


def test_a_label_that_is_bound_to_slack_is_told_and_what_was_shown_before_stays_so(
    admin: Client, slack: SlackServer
) -> None:
    shown, *_ = queue(1, "#ops", intended_channel="slack")
    deliver(at(NOW))
    target = shown.target
    Target.objects.filter(pk=target.pk).update(name="Ops")
    save(admin, target, slack_webhook_url=slack.hook)
    (told,) = queue(1, "#ops")
    deliver(at(NOW))
    shown.refresh_from_db()
    told.refresh_from_db()
    assert (shown.shown_only, told.shown_only) == (True, False)
    assert (told.status, told.channel) == ("sent", "slack")
    assert len(slack.messages) == 1
    assert TargetResult.objects.get(target=target).last_success_at == NOW
    assert f"{NOW:%Y-%m-%d %H:%M} UTC" in page(admin, target)


def test_an_error_is_shown_at_the_target_until_after_the_next_success(admin: Client, slack: SlackServer) -> None:
    target = save(admin, slack_webhook_url=slack.hook)
    queue(1, "#ops")
    slack.forecast(weather.status(503))
    deliver(at(NOW))
    result = TargetResult.objects.get(target=target)
    assert (result.last_error, result.last_error_at, result.last_success_at) == ("503", NOW, None)
    assert "2026-06-12 14:01 UTC: 503" in strip_tags(page(admin, target))
    assert "2026-06-12 14:01 UTC: 503" in strip_tags(admin.get(f"{ADMIN}/").content.decode())


def test_the_list_is_short(admin: Client, slack: SlackServer) -> None:
    target = save(admin, channel="console")
    TargetResult.objects.create(target=target, last_error="no " * 100, last_error_at=NOW)
    listed = admin.get(f"{ADMIN}/").content.decode()
    assert '<td class="field-channel_name">Console</td>' in listed
    errors = [strip_tags(each) for each in re.findall(r'field-error_in_list">(.*?)</td>', listed)]
    (error,) = [each for each in errors if each.startswith("2026")]
    assert len(error) <= 80


def send_test(admin: Client, target: Target) -> str:
    return admin.post(f"{ADMIN}/{target.pk}/test/", follow=True).content.decode()


def test_the_form_names_the_policies_that_lead_to_the_target(admin: Client, slack: SlackServer) -> None:
    policies = NotificationPolicy.objects.filter(order__in=[10, 20])
    target = save(admin, slack_webhook_url=slack.hook, policies=[policy.pk for policy in policies])
    assert set(target.policies.all()) == set(policies)
    assert page(admin, target).count("checked") >= 2
    save(admin, target, policies=[policies[0].pk])
    assert list(target.policies.all()) == [policies[0]]
    last = Target.objects.get(name="Operations mailbox")
    answer = admin.post(f"{ADMIN}/{last.pk}/change/", form(name=last.name, channel="console"))
    assert "catches everything and so needs a target" in str(answer.context["adminform"].form.errors["policies"])


def test_a_test_message_goes_out_at_once_and_is_audited(admin: Client, slack: SlackServer) -> None:
    target = save(admin, slack_webhook_url=slack.hook)
    assert "Send a test message" in page(admin, target)
    assert "Slack: 200 ok" in send_test(admin, target)
    (message,) = slack.messages
    assert message.text == "🔔 Test message by root to Ops"
    assert slack.refused == []
    slack.forecast(weather.status(404, b"no_service"))
    assert "The webhook was removed" in send_test(admin, target)
    acts = LogEntry.objects.filter(object_id=str(target.pk)).order_by("pk")
    assert [entry.get_change_message() for entry in acts][1:] == [
        "Sent a test message: it was accepted.",
        "Sent a test message: it failed.",
    ]
    assert admin.get(f"{ADMIN}/{target.pk}/test/").status_code == 405


def test_who_may_not_change_targets_sends_no_test_message(client: Client, slack: SlackServer) -> None:
    target = Target.objects.get(name="SEV-1")
    client.force_login(User.objects.create_user("viewer", password=None, is_staff=True))
    assert client.post(f"{ADMIN}/{target.pk}/test/").status_code == 403


def test_a_secret_that_no_key_opens_is_said_and_can_be_entered_again(
    admin: Client, slack: SlackServer, settings: Settings
) -> None:
    target = save(admin, slack_webhook_url=slack.hook)
    Target.objects.filter(pk=target.pk).update(secret="v1:broken")
    assert "Enter the secret again" in send_test(admin, target) or "enter the secret again" in send_test(admin, target)
    assert "Set; leave empty" not in page(admin, target)
    assert "Slack: 200 ok" in send_test(admin, save(admin, target, slack_webhook_url=slack.hook))


def test_the_targets_of_the_environment_are_only_shown(admin: Client, slack: SlackServer) -> None:
    target = save(admin, slack_webhook_url=slack.hook)
    Target.objects.filter(pk=target.pk).update(origin="environment")
    shown = page(admin, target)
    assert "The environment made this target" in shown
    assert 'name="_save"' not in shown
    assert "Send a test message" in shown
    assert admin.post(f"{ADMIN}/{target.pk}/change/", form()).status_code == 403
    assert admin.post(f"{ADMIN}/{target.pk}/delete/", {"post": "yes"}).status_code == 403
