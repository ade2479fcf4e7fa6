"""A sign-off arms what waits for it: what had fired in shadow is an alert without a tick of beat."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from redis import Redis

from bootstrap.checklists.audit.append import ActRequest
from bootstrap.checklists.models import Item, Run
from bootstrap.checklists.signing.sign import sign
from detections.alerts.models import Alert
from detections.rules.models import Evaluation, Rule, Slot, Verdict
from detections.telemetry.models import Project
from opsconsole.accounts.models import User
from opsconsole.celery import app
from opsconsole.lib.task_names import ALERTS, CONFIG_HEALTH, JUDGE
from opsconsole.lib.task_trigger import started
from tests.bootstrap import builders as checklists
from tests.detections import builders
from tests.detections.rules import world
from tests.detections.rules.world import HOUR, NOON, PREVIEW

pytestmark = pytest.mark.django_db(transaction=True)

QUEUE = "celery:celery"
NOW = NOON + timedelta(seconds=30)


@pytest.fixture
def broker() -> Iterator[Redis]:
    app.loader.import_default_modules()
    with Redis.from_url(settings.REDIS_URL) as redis:
        redis.delete(QUEUE)
        for name in (JUDGE, CONFIG_HEALTH, ALERTS):  # marks that earlier tests may have left
            started(name)
        yield redis
        redis.delete(QUEUE)


@pytest.fixture
def project() -> Project:
    made = builders.project()
    world.covered(NOON - HOUR, NOON + HOUR)
    world.environment(made, since=NOON - HOUR)
    return made


@pytest.fixture
def run(project: Project) -> Run:
    """A checklist with the two items that DET-BETA-003 waits for."""
    run = checklists.run(world.environment(project).environment)
    checklists.item(run, "FLAG_SENTRY_BACKEND", flag="sentry_backend")
    checklists.item(run, "SENTRY_DSN_BACKEND", variable="SENTRY_DSN_BACKEND")
    return run


def work_off(broker: Redis) -> set[str]:
    """Run the tasks that were sent, in their order, as a worker does; returns their names."""
    names = set()
    while (message := broker.rpop(QUEUE)) is not None:
        name = json.loads(message)["headers"]["task"]
        app.tasks[name]()
        names.add(name)
    return names


@time_machine.travel(NOW, tick=False)
def test_the_task_of_the_last_sign_off_raises_the_alert(broker: Redis, project: Project, run: Run) -> None:
    rule = world.beta()
    world.arrive(project, world.events(5, NOW, path=PREVIEW, gap=2), NOW)
    work_off(broker)
    mine = Evaluation.objects.filter(scope__rule=rule).order_by("revision")
    assert [(each.shadow, each.severity) for each in mine] == [(True, 3)]
    assert not Alert.objects.filter(rule=rule).exists()

    first, last = Item.objects.order_by("pk")
    admin = User.objects.create_superuser("admin")
    sign(ActRequest(run, first, admin, NOW))
    work_off(broker)
    assert not Alert.objects.filter(rule=rule).exists()
    sign(ActRequest(run, last, admin, NOW))
    assert work_off(broker) >= {JUDGE, ALERTS}

    assert [(each.shadow, each.severity) for each in mine.all()] == [(True, 3), (False, 3)]
    assert Verdict.objects.get(scope__rule=rule).consumed_at == NOW
    alert = Alert.objects.get(rule=rule)
    assert (alert.status, alert.severity) == ("firing", 3)
    assert not Slot.objects.exists()
    assert Rule.objects.get(pk=rule.pk).mode == "active"
