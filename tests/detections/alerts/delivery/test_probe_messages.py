"""The webhook of a probe target is told of warn and high checks as by the command, once for each run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from detections.alerts.delivery import probe_messages
from detections.alerts.delivery.outbox import LEASE, claim
from detections.alerts.delivery.probe_messages import queue_probe_messages
from detections.alerts.delivery.sender import deliver
from detections.alerts.delivery.try_target import try_target
from detections.alerts.delivery_models import Delivery, DeliveryAttempt
from detections.alerts.retention import old_rows
from detections.alerts.routing_models import Target
from detections.alerts.tasks import work_alerts
from detections.dashboard.self_watch.undelivered import dead_targets
from detections.probes.definition import ProbeSecrets, definition_of, sealed
from detections.probes.models import ProbeRun, ProbeTarget
from detections.probes.program import probe
from detections.telemetry.retention import RetentionDays, drop_rows
from opsconsole.accounts.models import User
from tests.detections.probes.rows import MINUTE, NOON, done, stored_target
from tests.detections.probes.samples import counted, row
from tests.receivers import weather
from tests.receivers.http_receiver import HttpReceiver

pytestmark = pytest.mark.django_db
TOKEN = "hunter2-hunter2-hunter2"
META = row(faults=("meta_missing",))


def told(url: str, token: str = TOKEN, **fields: Any) -> ProbeTarget:
    secret = sealed(ProbeSecrets({}, token))
    return stored_target(webhook_url=url, secret=secret, **fields)


def at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def sent(moment: datetime = NOON) -> int:
    queue_probe_messages(moment)
    return deliver(at(moment))


def test_a_high_check_is_told_as_the_command_tells_it(receiver: HttpReceiver) -> None:
    target = told(f"{receiver.url}/hooks/s3cr3t-path?key=abc")
    run = done(target, row(), META)
    assert sent() == 1
    (request,) = receiver.received
    started = run.started_at
    report = probe.Report(str(run.pk), definition_of(target), started, NOON, counted(row(), META), [])
    mine = request.json()
    wanted = report._replace(checks=[]).summary()
    changed = {"checks", "triggered", "severity"}
    assert {k: v for k, v in mine.items() if k not in changed} == {k: v for k, v in wanted.items() if k not in changed}
    assert (mine["severity"], mine["triggered"]) == ("high", ["meta_missing"])
    assert mine["first_failure"]["faults"] == META["faults"]
    assert (request.method, request.path) == ("POST", "/hooks/s3cr3t-path?key=abc")
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["x-aurora-probe-token"] == TOKEN
    assert request.headers["content-type"] == "application/json"
    assert request.headers["idempotency-key"] == Delivery.objects.get().payload["message_id"]


def test_without_a_token_no_header_names_one(receiver: HttpReceiver) -> None:
    done(told(receiver.url, token=""), META)
    assert sent() == 1
    assert not {"authorization", "x-aurora-probe-token"} & receiver.received[0].headers.keys()


def test_a_warn_check_is_told_and_info_a_clean_run_and_a_suspected_split_are_not(receiver: HttpReceiver) -> None:
    done(told(receiver.url, slug="warn"), row("infra"))
    done(told(receiver.url, slug="info"), row("non_200"))
    done(told(receiver.url, slug="clean"))
    halves = {name: {"share": 0.5, "min": 0.45, "max": 0.55} for name in "ab"}
    split = {"header": "x-aurora-variant", "variants": halves, "min_samples": 30}
    suspect = told(receiver.url, slug="suspect", split=split)
    run = done(suspect, *(row(variant="aab"[number % 3]) for number in range(30)))
    assert run.checks.get(check_id="variant_split_drift").triggered
    assert sent() == 1
    assert [each.json()["target"] for each in receiver.received] == ["warn"]


def test_each_run_is_told_once_whoever_looks_and_however_often(receiver: HttpReceiver) -> None:
    target = told(receiver.url)
    for minutes in (0, 5):
        done(target, META, at=NOON + minutes * MINUTE)
    assert queue_probe_messages(NOON) == 2
    assert queue_probe_messages(NOON) == 0
    ProbeRun.objects.update(webhook_due=False)
    assert deliver(at(NOON)) == 2
    assert Target.objects.filter(probe_target=target).count() == 1


def test_what_is_killed_while_it_is_queued_is_queued_by_the_next_look(monkeypatch: pytest.MonkeyPatch) -> None:
    run = done(told("https://hooks.example.com/x"), META)

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(probe_messages, "_clear", killed)
    with pytest.raises(KeyboardInterrupt):
        queue_probe_messages(NOON)
    assert not Delivery.objects.exists()
    monkeypatch.undo()
    assert (queue_probe_messages(NOON), queue_probe_messages(NOON)) == (1, 0)
    assert Delivery.objects.get().probe_run == run


def test_the_alerts_task_does_both_and_beat_may_send_it_twice(receiver: HttpReceiver) -> None:
    done(told(receiver.url), META)
    work_alerts()
    work_alerts()
    assert Delivery.objects.get().status == "queued"


def test_a_receiver_that_fails_twice_gets_it_later_with_the_same_key(receiver: HttpReceiver) -> None:
    receiver.forecast(weather.status(500), weather.status(503))
    done(told(receiver.url), META)
    assert sent() == 1
    assert deliver(at(NOON + timedelta(seconds=1))) == 0, "it waits"
    assert deliver(at(NOON + MINUTE)) == 1
    assert deliver(at(NOON + 5 * MINUTE)) == 1
    message = Delivery.objects.get()
    assert (message.status, message.tries) == ("sent", 3)
    assert len({each.headers["idempotency-key"] for each in receiver.received}) == 1
    assert [each.ok for each in message.attempts.order_by("number")] == [False, False, True]


def test_a_sender_that_was_killed_sends_it_after_its_lease(receiver: HttpReceiver) -> None:
    done(told(receiver.url), META)
    queue_probe_messages(NOON)
    assert len(claim(NOON)) == 1
    assert deliver(at(NOON + MINUTE / 4)) == 0
    assert deliver(at(NOON + LEASE)) == 1
    assert Delivery.objects.get().status == "sent"


@pytest.mark.parametrize("answer", [410, 302])
def test_what_is_refused_or_sent_elsewhere_is_not_sent_again_and_is_told_as_a_dead_target(
    receiver: HttpReceiver, answer: int
) -> None:
    receiver.climate = weather.redirect(f"{receiver.url}/other") if answer == 302 else weather.status(410)
    done(told(receiver.url), META)
    assert sent() == 1
    message = Delivery.objects.get()
    assert message.status == "dead"
    assert message.attempts.get().response.startswith(str(answer))
    assert [target.name for target in dead_targets()] == ["Webhook of probe target aurora-rollout"]
    assert deliver(at(NOON + 60 * MINUTE)) == 0
    assert len(receiver.received) == 1
    ProbeTarget.objects.update(webhook_url="")
    assert dead_targets() == []


def test_after_an_hour_of_failures_the_next_run_has_to_tell(receiver: HttpReceiver) -> None:
    receiver.climate = weather.status(500)
    done(told(receiver.url), META)
    assert sent() == 1
    assert deliver(at(NOON + 61 * MINUTE)) == 1
    assert Delivery.objects.get().status == "dead"


def test_an_internal_address_is_not_reached_unless_it_is_named(receiver: HttpReceiver, settings: Any) -> None:
    settings.OUTBOUND_ALLOW = []
    done(told(receiver.url), META)
    assert sent() == 1
    assert receiver.received == []
    assert "OPSCONSOLE_OUTBOUND_ALLOW" in DeliveryAttempt.objects.get().response


def test_a_mended_address_and_a_new_token_hold_for_what_waits(receiver: HttpReceiver) -> None:
    target = told("http://127.0.0.1:9/")
    done(target, META)
    assert sent() == 1
    ProbeTarget.objects.filter(pk=target.pk).update(
        webhook_url=receiver.url, secret=sealed(ProbeSecrets({}, "another-token"))
    )
    assert deliver(at(NOON + MINUTE)) == 1
    assert receiver.received[0].headers["authorization"] == "Bearer another-token"


def test_an_address_that_was_taken_away_is_told_nothing(receiver: HttpReceiver) -> None:
    target = told(receiver.url)
    done(target, META)
    ProbeTarget.objects.filter(pk=target.pk).update(webhook_url="")
    assert queue_probe_messages(NOON) == 0
    assert not ProbeRun.objects.filter(webhook_due=True).exists()


@pytest.mark.parametrize("gone", ["address", "target"])
def test_what_waits_when_address_or_target_goes_is_given_up_and_says_why(gone: str) -> None:
    target = told("https://hooks.example.com/x")
    done(target, META)
    assert queue_probe_messages(NOON) == 1
    if gone == "address":
        ProbeTarget.objects.update(webhook_url="")
    else:
        target.delete()
    deliver(at(NOON))
    message = Delivery.objects.get()
    assert message.status == Delivery.Status.DEAD
    assert message.attempts.get().response
    assert dead_targets() == []


def test_neither_token_nor_path_is_in_what_the_receiver_quotes_the_log_the_rows_or_the_admin(
    receiver: HttpReceiver, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    path = "/hooks/s3cr3t-path"
    receiver.climate = weather.status(404, f"no {path} for Bearer {TOKEN}".encode())
    target = told(receiver.url + path)
    done(target, META)
    assert sent() == 1
    try_target(Target.objects.get(probe_target=target), "ada", NOON)
    client.force_login(User.objects.create_superuser("boss"))
    pages = [f"/admin/detections/{model}/" for model in ("target", "delivery", "deliveryattempt")]
    for model in (Target, Delivery, DeliveryAttempt):
        row_of = model._default_manager.order_by("-pk").first()
        assert row_of is not None
        pages.append(f"/admin/detections/{model._meta.model_name}/{row_of.pk}/change/")
    pages.append(f"/admin/detections/target/{Target.objects.get(probe_target=target).pk}/history/")
    dump = StringIO()
    call_command("dumpdata", "detections.delivery", "detections.deliveryattempt", "detections.target", stdout=dump)
    everything = [client.get(page) for page in pages]
    assert {each.status_code for each in everything} == {200}
    for text in (*(each.content.decode() for each in everything), dump.getvalue(), caplog.text):
        assert TOKEN not in text
        assert "s3cr3t-path" not in text


def test_the_admin_leads_from_a_message_to_its_run_and_lists_read_no_reports(client: Client) -> None:
    run = done(told("https://hooks.example.com/x"), META)
    queue_probe_messages(NOON)
    client.force_login(User.objects.create_superuser("boss"))
    link = f'href="/admin/detections/proberun/{run.pk}/change/"'
    with CaptureQueriesContext(connection) as queries:
        assert link in client.get("/admin/detections/delivery/").content.decode()
    assert not [each["sql"] for each in queries if '"markdown"' in each["sql"]]
    assert link in client.get(f"/admin/detections/delivery/{Delivery.objects.get().pk}/change/").content.decode()


def test_nobody_edits_or_deletes_what_stands_for_a_webhook(client: Client) -> None:
    done(told("https://hooks.example.com/x"), META)
    queue_probe_messages(NOON)
    target = Target.objects.exclude(probe_target=None).get()
    assert (target.channel, target.address) == ("webhook", "hooks.example.com")
    client.force_login(User.objects.create_superuser("boss"))
    page = f"/admin/detections/target/{target.pk}"
    html = client.get(f"{page}/change/").content.decode()
    assert "This is the webhook of a probe target" in html
    assert client.post(f"{page}/change/", {"name": "mine"}).status_code == 403
    assert client.post(f"{page}/delete/", {"post": "yes"}).status_code == 403


def test_a_targets_name_that_somebody_has_taken_holds_nothing_up() -> None:
    Target.objects.create(name="Webhook of probe target aurora-rollout", address="x")
    done(told("https://hooks.example.com/x"), META)
    assert queue_probe_messages(NOON) == 1


def test_a_message_outlives_its_run_and_goes_as_old_events_do(receiver: HttpReceiver) -> None:
    run = done(told(receiver.url), META)
    assert sent() == 1
    run.delete()
    message = Delivery.objects.get()
    number = receiver.received[0].json()["run"]
    assert (message.probe_run, str(message)) == (None, f"Checks of run {number} of aurora-rollout")
    keep = RetentionDays(events=90, minutes=35)
    assert not drop_rows(old_rows(NOON + timedelta(days=89), keep), lambda: False)
    assert Delivery.objects.exists()
    assert not drop_rows(old_rows(NOON + timedelta(days=91), keep), lambda: False)
    assert not Delivery.objects.exists()


def test_nothing_to_tell_is_one_query(django_assert_num_queries: Any) -> None:
    done(told("https://hooks.example.com/x"))
    with django_assert_num_queries(1):
        assert queue_probe_messages(NOON) == 0
