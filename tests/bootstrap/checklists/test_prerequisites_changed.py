"""After a sign-off is committed rules are judged at once; a broker that is away does not undo the sign-off."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from django.conf import settings as configured
from django.db import transaction
from pytest_django import Settings
from redis import Redis

from bootstrap.checklists.audit.append import ActRequest
from bootstrap.checklists.models import SignOff
from bootstrap.checklists.prerequisites_changed import recheck_soon
from bootstrap.checklists.signing.sign import sign
from bootstrap.config_health.tasks import config_health
from opsconsole.accounts.models import User
from opsconsole.lib.redis import client
from opsconsole.lib.task_names import CONFIG_HEALTH, JUDGE
from opsconsole.lib.task_trigger import started
from tests.bootstrap import builders
from tests.bootstrap.builders import NOON

pytestmark = pytest.mark.django_db(transaction=True)
QUEUE = "celery:celery"


@pytest.fixture
def broker() -> Iterator[Redis]:
    with Redis.from_url(configured.REDIS_URL) as redis:
        redis.delete(QUEUE)
        for name in (JUDGE, CONFIG_HEALTH):  # an earlier test may have left its mark that one is on its way
            started(name)
        yield redis
        redis.delete(QUEUE)


def sign_something() -> None:
    run = builders.run(builders.environment())
    sign(ActRequest(run, builders.item(run, "one"), User.objects.create_superuser("admin"), NOON))


def sent(broker: Redis) -> list[str]:
    return [json.loads(message)["headers"]["task"] for message in broker.lrange(QUEUE, 0, -1)]


def test_the_task_is_sent_once_the_sign_off_is_committed(broker: Redis) -> None:
    with transaction.atomic():
        sign_something()
        assert sent(broker) == []
    assert sorted(sent(broker)) == [CONFIG_HEALTH, JUDGE]


@pytest.fixture
def no_redis(broker: Redis, settings: Settings) -> Iterator[None]:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    client.cache_clear()
    yield
    client.cache_clear()


@pytest.mark.usefixtures("no_redis")
def test_without_redis_the_sign_off_stays_in_place(broker: Redis) -> None:
    sign_something()
    assert SignOff.objects.count() == 1
    assert sent(broker) == []


def test_findings_are_rechecked_once_until_the_recheck_starts(broker: Redis) -> None:
    started(CONFIG_HEALTH)
    for _ in range(3):
        recheck_soon()
    assert [task["headers"]["task"] for task in map(json.loads, broker.lrange(QUEUE, 0, -1))] == [CONFIG_HEALTH]
    config_health()
    recheck_soon()
    assert broker.llen(QUEUE) == 2
