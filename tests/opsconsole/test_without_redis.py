"""While Redis is away people sign in and are limited, act, and are told what stands still."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.test import Client

from bootstrap.importer import jobs
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.models import Alert
from opsconsole.accounts.failed_logins import PER_PAIR
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from tests import redis_away
from tests.detections.alerts.factories import START, judge, make_scope
from tests.markup import folded

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
AWAY = pytest.mark.parametrize("away", [redis_away.refusing, redis_away.hanging])
Away = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def ada() -> User:
    return User.objects.create_superuser("ada", password=PASSWORD)


def sign_in(client: Client, password: str) -> Any:
    return client.post("/accounts/login/", {"login": "ada", "password": password})


@AWAY
def test_people_sign_in_and_acknowledge(
    away: Away, ada: User, notification_policies: None, django_capture_on_commit_callbacks: Any
) -> None:
    judge(make_scope(), "c", 0)
    consume(START)
    alert = Alert.objects.get()
    client = Client()
    with away():
        assert "are not correct" in sign_in(client, "wrong").content.decode()
        assert sign_in(client, PASSWORD).status_code == 302
        assert client.get("/").status_code == 200
        with django_capture_on_commit_callbacks(execute=True):
            assert client.post(f"/alerts/{alert.pk}/acknowledge/").status_code == 303
        alert.refresh_from_db()
        assert (alert.handling, alert.acknowledged_by) == ("acknowledged", ada)
        assert client.post("/accounts/logout/").status_code == 302


def test_wrong_passwords_are_limited(ada: User) -> None:
    client = Client()
    with redis_away.refusing():
        statuses = [sign_in(client, "wrong").status_code for _ in range(PER_PAIR + 1)]
        assert statuses == [200] * PER_PAIR + [429]


def test_other_limits_of_accounts_hold(ada: User) -> None:
    client = Client()
    client.force_login(ada)
    with redis_away.refusing():
        seen = {client.post("/accounts/password/change/", {"oldpassword": "no"}).status_code for _ in range(10)}
    assert seen == {200, 429}


@AWAY
def test_it_is_said_what_stands_still(away: Away, client: Client, ada: User) -> None:
    client.force_login(ada)
    job = jobs.ask("# A runbook\n", "", "a.md", ada, clock.now())
    with away():
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["redis"], answer.json()["postgresql"]) == (503, "unreachable", "ok")
        assert "redis does not answer" in answer.json()["reasons"]
        sentence = "nothing is digested, judged or imported until it does"
        assert sentence in folded(client.get("/").content.decode())
        assert sentence in folded(client.get("/banner/").content.decode())
        page = folded(client.get(job.get_absolute_url()).content.decode())
        assert "the import goes on once it does" in page
        assert client.get("/metrics").status_code == 200
    assert client.get("/readyz").json()["redis"] == "ok"
    assert "Redis" not in client.get("/banner/").content.decode()
