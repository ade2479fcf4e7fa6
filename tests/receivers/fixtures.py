"""Receivers for tests, by name: each runs while the test does."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

import pytest
import urllib3.util.connection
from pytest_django import Settings

from tests.receivers.certificates import Authority
from tests.receivers.http_receiver import HttpReceiver
from tests.receivers.jira import JiraServer
from tests.receivers.mail import MailServer
from tests.receivers.pagerduty import PagerDutyServer
from tests.receivers.services import ServicesServer, all_names
from tests.receivers.slack import SlackServer
from tests.receivers.webhook import WebhookServer

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1"))
WEBHOOK_SECRET = "hunter2" * 5


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def outbound_allowed(settings: Settings, authority: Authority) -> None:
    """The machine itself may be a receiver, also with certificates of `authority`."""
    settings.OUTBOUND_ALLOW = list(LOOPBACK)
    settings.OUTBOUND_CA_FILE = authority.file


@pytest.fixture
def receiver(outbound_allowed: None) -> Iterator[HttpReceiver]:
    """It answers 200 ok."""
    with HttpReceiver() as server:
        yield server


@pytest.fixture
def slack(outbound_allowed: None) -> Iterator[SlackServer]:
    with SlackServer() as server:
        yield server


@pytest.fixture
def pagerduty(outbound_allowed: None) -> Iterator[PagerDutyServer]:
    with PagerDutyServer() as server:
        yield server


@pytest.fixture
def jira(outbound_allowed: None) -> Iterator[JiraServer]:
    with JiraServer() as server:
        yield server


@pytest.fixture
def services(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[ServicesServer]:
    """Where apprise sends: by TLS with the names of the services; nothing reaches another machine."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.file))
    monkeypatch.setenv("NO_PROXY", "*")
    with ServicesServer(all_names(authority)) as server:
        connect = urllib3.util.connection.create_connection
        monkeypatch.setattr("urllib3.util.connection.create_connection", server.connect(connect))
        yield server


@pytest.fixture
def webhook(outbound_allowed: None) -> Iterator[WebhookServer]:
    """It wants bodies signed with WEBHOOK_SECRET."""
    with WebhookServer(WEBHOOK_SECRET) as server:
        yield server


@pytest.fixture
def mail_server(outbound_allowed: None, settings: Settings) -> Iterator[MailServer]:
    """Django's e-mails go to it."""
    with MailServer() as server:
        settings.EMAIL_BACKEND = "opsconsole.lib.outbound.email_backend.BoundedEmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.host, server.port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_SSL = settings.EMAIL_USE_TLS = False
        yield server
