"""Other services through apprise itself, by TLS to a local server that has their names."""

from __future__ import annotations

import logging
import logging.config
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sentry_sdk
from django.conf import settings
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from sentry_sdk.transport import Transport

from detections.alerts.channels import apprise as channel
from detections.alerts.channels.apprise_services import SERVICES, ServiceRefused, open_service, service_of
from detections.alerts.channels.messages import MessageFacts
from detections.alerts.channels.notification import FirstMessage, Notification, Rejected, Retry, Sent
from detections.alerts.delivery.secret_values import secret_filter
from detections.alerts.routing_models import Target, TargetResult
from detections.alerts.targets.values import open_values
from opsconsole import logs
from opsconsole.accounts.models import User
from tests.detections.alerts.channels.test_slack_message import FACTS, HOSTILE, TEXTS
from tests.detections.incidents.updates.makers import INCIDENT
from tests.receivers import weather
from tests.receivers.certificates import Authority
from tests.receivers.services import ServicesServer

KEY = "7c1f9d0a-52c7-4a43-8f0e-2f1f4b1d9c11"
TOKEN = "hunter2f0123456789abcdef0123456789abcdef"
TELEGRAM = "123456789:abcdefghijklmnopqrstuvwxyzABCDEFGHI"
GENIE = "01234567-89ab-cdef-0123-456789abcdef"
URLS = {
    "discord.com": f"discord://123456/{TOKEN}",
    "api.telegram.org": f"tgram://{TELEGRAM}/12345",
    "api.opsgenie.com": f"opsgenie://{GENIE}/#ops",
    "api.eu.opsgenie.com": f"opsgenie://{GENIE}?region=eu",
    "api.pushover.net": f"pover://{'u' * 30}@{'a' * 30}",
    "ntfy.sh": f"ntfys://{TOKEN}",
    "api.pushbullet.com": f"pbul://{TOKEN}",
    "api.prowlapp.com": f"prowl://{'0' * 40}",
    "chat.googleapis.com": f"gchat://workspace/{TOKEN}/{TOKEN}",
    "api.ciscospark.com": f"wxteams://{'a1' * 40}",
}


def to(where: str, kind: str = "firing", **facts: Any) -> Notification:
    said: MessageFacts = {**FACTS, "kind": kind, "actor": "ada", **facts}  # type: ignore[typeddict-item]
    return Notification(12, KEY, "ops", "", said, {"url": URLS.get(where, where)})


@pytest.mark.parametrize("host", URLS)
def test_a_message_reaches_the_services_own_host_with_its_link(services: ServicesServer, host: str) -> None:
    sent = channel.send(to(host))
    assert isinstance(sent, Sent), sent
    assert sent.response.endswith(" took it.")
    (taken,) = services.taken
    assert taken.host == host
    assert set(services.looked_up) == {f"{host}:443"}
    assert "DET-002-ERRORS" in taken.title + taken.text
    assert FACTS["url"].split("/")[2] in taken.text
    assert "Invalid date format" in taken.text
    assert services.refused == []


@pytest.mark.parametrize("host", URLS)
def test_long_messages_are_cut_to_what_the_service_takes_and_keep_their_link(
    services: ServicesServer, host: str
) -> None:
    longest: Any = dict.fromkeys((*TEXTS, "organization", "why", "actor"), "x y" * 3000)
    assert isinstance(channel.send(to(host, **longest)), Sent)
    assert "ops.example.org" in services.taken[0].text
    assert services.refused == []


@pytest.mark.parametrize("host", URLS)
def test_what_an_event_says_mentions_nobody(services: ServicesServer, host: str) -> None:
    hostile = "@everyone <@123> <users/all> <@all> [log in](https://evil.example) https://evil.example or bad.example"
    assert isinstance(channel.send(to(host, message=hostile, group=hostile)), Sent)
    said = services.taken[0].title + services.taken[0].text
    for sign in ("@everyone", "<@123", "<users/all", "<@all", "](http", "https://evil", "evil.example", "bad.example"):
        assert sign not in said


@given(HOSTILE)
def test_neutral_text_has_no_sign_of_a_mention_or_link(text: str) -> None:
    said = channel.neutral(text)
    assert not any(sign + after in said for sign in ("@", "<", "://") for after in "abcCHANEL!@#")
    assert not re.search(r"\w\.[^\W\d_]{2}", said), "some services link bare domains"
    assert said.replace("\u200b", "") == text.replace("\u200b", "")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("json://a.example/", "scheme is not allowed"),
        ("xml://a.example", "scheme is not allowed"),
        ("form://a.example", "scheme is not allowed"),
        ("mailto://u:p@a.example", "scheme is not allowed"),
        ("https://discord.com/api/webhooks/1/2", "scheme is not allowed"),
        ("file:///etc/passwd", "scheme is not allowed"),
        ("syslog://", "scheme is not allowed"),
        ("", "scheme is not allowed"),
        ("discord://[", "cannot be read"),
        ("ntfys://evil.example/topic", "no other host"),
        ("ntfy://u:p@evil.example:8080/topic", "no other host"),
        ("ntfys://evil.example/topic?mode=cloud", "behind the ?"),
        ("ntfys://topic?attach=http://169.254.169.254/", "behind the ?"),
        ("ntfys://", "Name the topic"),
        (f"discord://1/{TOKEN}?template=/etc/passwd", "behind the ?"),
        (f"discord://1/{TOKEN}?thread=1;template=/etc/passwd", "behind the ?"),
        (f"discord://1/{TOKEN}?thread=1&redirect=yes", "behind the ?"),
        (f"discord://1/{TOKEN}?verify=no", "behind the ?"),
        (f"discord://1/{TOKEN}?rto=1000", "behind the ?"),
        (f"discord://1/{TOKEN}?+X-Header=1", "behind the ?"),
        ("discord://", "lacks a part"),
        ("tgram://nothing/1", "lacks a part"),
        (f"tgram://{TELEGRAM}", "Name the chat"),
        (f"tgram://{TELEGRAM}/1/2", "Name one receiver"),
    ],
)
def test_what_could_lead_elsewhere_is_refused_with_what_is_allowed(url: str, told: str) -> None:
    with pytest.raises(ServiceRefused) as refused:
        open_service(url)
    assert told in str(refused.value)
    assert "Allowed: " in str(refused.value)
    assert "hunter2" not in str(refused.value)
    assert TELEGRAM not in str(refused.value)
    assert list(channel.check({"url": url})) == ["url"]
    assert isinstance(channel.send(to(url)), Rejected)


def test_schemes_that_are_refused_name_those_that_are_allowed() -> None:
    (problem,) = channel.check({"url": "json://a.example"}).values()
    for label in ("Discord", "Telegram", "Opsgenie", "Pushover", "ntfy.sh"):
        assert label in problem


@pytest.mark.parametrize("scheme", sorted(SERVICES.keys() - {"ntfy", "ntfys"}))
def test_no_url_of_a_service_has_a_host(scheme: str) -> None:
    templates = SERVICES[scheme].plugin_class().templates
    assert templates
    assert not any("{host}" in template or "{port}" in template for template in templates)


def test_a_service_that_takes_hosts_after_an_update_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = SERVICES["discord"].plugin_class()
    monkeypatch.setattr(plugin, "templates", (*plugin.templates, "{schema}://{host}/{webhook_id}"))
    with pytest.raises(ServiceRefused, match="takes hosts since an update"):
        open_service(URLS["discord.com"])


@given(st.text(), st.sampled_from(sorted(SERVICES)))
def test_any_text_is_a_url_of_a_service_or_refused(text: str, scheme: str) -> None:
    for url in (text, f"{scheme}://{text}"):
        try:
            _, plugin = open_service(url)
        except ServiceRefused:
            continue
        assert (plugin.redirects, plugin.verify_certificate) == (False, True)
        assert service_of(url).label != "ntfy.sh" or plugin.mode == "cloud"


def test_a_redirect_is_not_followed_and_another_certificate_not_trusted(
    services: ServicesServer, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.forecast(weather.redirect("https://evil.example/"))
    assert isinstance(channel.send(to("discord.com")), Retry)
    assert services.looked_up == ["discord.com:443"]
    other = ServicesServer(authority.server("evil.example"))
    with other:
        monkeypatch.setattr("urllib3.util.connection.create_connection", other.connect(_plain_connect))
        assert isinstance(channel.send(to("discord.com")), Retry)
    assert other.received == []


def _plain_connect(address: tuple[str, int], *args: Any, **options: Any) -> Any:
    import socket

    return socket.create_connection(address)


def test_what_the_library_says_is_the_error_and_it_is_tried_again(services: ServicesServer) -> None:
    services.forecast(weather.status(401), weather.status(500), weather.reset())
    outcomes = [channel.send(to("api.pushover.net")) for _ in range(3)]
    assert all(isinstance(outcome, Retry) for outcome in outcomes)
    assert "error=401" in outcomes[0].response
    assert outcomes[0].response.startswith("Pushover: ")


def test_a_service_that_hangs_ends_with_the_time_of_the_message(
    services: ServicesServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "TIMEOUT", timedelta(seconds=0.2))
    services.forecast(weather.hang())
    outcome = channel.send(to("discord.com"))
    assert outcome == Retry("Discord gave no answer within 0.2 s; it may have been sent.")
    assert all(thread.daemon for thread in threading.enumerate() if "_answer" in thread.name)


def test_an_error_in_the_library_is_an_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "_sent", lambda *_: 1 / 0)
    assert channel.send(to("discord.com")) == Retry("apprise raised ZeroDivisionError.")


def test_opsgenie_opens_an_alert_once_and_is_not_said_to_close_it(services: ServicesServer) -> None:
    for kind in ("firing", "firing", "severity"):
        assert isinstance(channel.send(to("api.opsgenie.com", kind)), Sent)
    for kind in ("acknowledged", "resolved", "flapping", "merged", "updated"):
        assert channel.send(to("api.opsgenie.com", kind)) == Sent(channel.NOT_OPENED)
    assert [taken.body["alias"] for taken in services.taken] == [KEY, KEY, f"{KEY}-12"]
    assert channel.send(to("api.opsgenie.com", "handed_over")) == Sent("Opsgenie took it.")
    assert {taken.body["priority"] for taken in services.taken} == {"P2"}
    tried = channel.send(to("api.opsgenie.com", "test", severity=""))
    assert tried == Sent("Opsgenie took it. Close the alert there.")
    assert services.taken[-1].body["priority"] == "P5"


def test_opsgenie_rings_for_what_a_person_asks_of_an_owner_in_an_incident_and_for_no_reminder(
    services: ServicesServer,
) -> None:
    asked: dict[str, Any] = {"incident": INCIDENT, "severity": "critical"}
    assert channel.send(to("api.opsgenie.com", "incident_due", **asked)) == Sent("Opsgenie took it.")
    for kind, actor in (("incident_due", ""), ("incident", "ada")):
        assert channel.send(to("api.opsgenie.com", kind, **asked | {"actor": actor})) == Sent(channel.NOT_OPENED)
    (taken,) = services.taken
    assert (taken.body["alias"], taken.body["priority"]) == (f"{KEY}-12", "P1")


@pytest.mark.parametrize("kind", ["acknowledged", "resolved", "reminder", "expired", "flapping", "severity", "test"])
def test_every_kind_of_message_is_told(services: ServicesServer, kind: str) -> None:
    notification = to("discord.com", kind)
    assert isinstance(channel.send(notification), Sent)
    later = Notification(*vars(notification).values())
    assert isinstance(channel.send(Notification(**{**vars(later), "first": FirstMessage(FACTS, {})})), Sent)
    assert len(services.taken) == 2


@pytest.fixture
def all_logs(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Everything is logged; other tests of the process find the logs as they were."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logging.config.dictConfig(logs.config("DEBUG"))
    yield
    logging.config.dictConfig(settings.LOGGING)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.usefixtures("all_logs")
def test_no_log_and_no_report_has_the_url(
    services: ServicesServer, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    class Kept(Transport):
        def capture_envelope(self, envelope: Any) -> None:
            kept.append(str([item.payload.json for item in envelope.items]))

    kept: list[str] = []
    caplog.set_level(logging.DEBUG)
    client = sentry_sdk.Client(dsn="http://0@127.0.0.1:9/1", transport=Kept, traces_sample_rate=1.0, enable_logs=True)
    services.forecast(weather.status(401), weather.reset())
    with sentry_sdk.isolation_scope() as scope:
        scope.set_client(client)
        with sentry_sdk.start_transaction(name="a test message"):
            for _ in range(3):
                channel.send(to("api.telegram.org"))
        sentry_sdk.capture_message("later", "error")
    assert len(kept) >= 2
    assert len(services.received) == 3
    assert TELEGRAM not in "".join(kept) + caplog.text + "".join(capfd.readouterr())


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (URLS["api.telegram.org"], f"POST /bot{TELEGRAM}/sendMessage"),
        (URLS["discord.com"], f"no webhook {TOKEN}"),
        (URLS["api.pushover.net"], f"user {'u' * 30}, token {'a' * 30}"),
        (URLS["ntfy.sh"], f"topic {TOKEN}"),
    ],
)
def test_what_an_answer_quotes_of_the_url_is_not_shown(url: str, said: str) -> None:
    shown = secret_filter("apprise", {"url": url})(said)
    assert "[Filtered]" in shown
    for secret in (TELEGRAM, TOKEN, "u" * 30, "a" * 30):
        assert secret not in shown


def test_the_library_is_loaded_by_the_first_url_only_and_no_more_of_it_than_that_needs() -> None:
    code = """
import sys
from detections.alerts.channels.registry import CHANNELS
from detections.alerts.channels.apprise_services import open_service
assert "apprise" not in sys.modules and "requests" not in sys.modules
try: open_service("json://a.example")
except ValueError: pass
assert "apprise" not in sys.modules
open_service("discord://1/0123456789")
print(sorted(name for name in sys.modules if name.startswith("apprise.plugins.")))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['apprise.plugins.base', 'apprise.plugins.discord']"


@pytest.mark.usefixtures("notification_policies")
def test_a_target_is_made_in_the_admin_and_tried(client: Client, services: ServicesServer) -> None:
    client.force_login(User.objects.create_superuser("root", password=None))
    data = {"name": "Chat", "channel": "apprise", "address": "ops", "enabled": "on"}
    refused = client.post("/admin/detections/target/add/", {**data, "apprise_url": "json://127.0.0.1/"})
    assert "scheme is not allowed" in str(refused.context["adminform"].form.errors["apprise_url"])
    made = client.post("/admin/detections/target/add/", {**data, "apprise_url": URLS["discord.com"]})
    assert made.status_code == 302
    target = Target.objects.get(name="Chat")
    assert (open_values(target), target.settings) == ({"url": URLS["discord.com"]}, {})
    services.forecast(weather.status(404))
    said = client.post(f"/admin/detections/target/{target.pk}/test/", follow=True).content.decode()
    assert TOKEN not in said + TargetResult.objects.get(target=target).last_error
    assert "error=404" in said
    said = client.post(f"/admin/detections/target/{target.pk}/test/", follow=True).content.decode()
    assert "Discord took it." in said
    assert "Test message by root to Chat" in services.taken[0].text
