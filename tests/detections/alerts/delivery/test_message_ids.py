"""Receivers drop ids that they know and thread by key: no other message may have either, on any console."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import connection

from detections.alerts.causes.models import AlertGroup, GroupedAlert
from detections.alerts.channels.notification import Notification, Sent
from detections.alerts.channels.webhook import idempotency_key
from detections.alerts.delivery.enqueue import notify
from detections.alerts.delivery.outbox import LEASE
from detections.alerts.delivery.send_one import send_one
from detections.alerts.delivery.try_target import try_target
from detections.alerts.delivery_models import Delivery
from detections.alerts.models import Alert
from detections.alerts.routing_models import Target
from detections.alerts.targets.values import set_values
from detections.rules.models import Rule
from tests.detections.alerts.delivery.queue import NOW, make_alert
from tests.detections.alerts.factories import make_rule
from tests.receivers.fixtures import WEBHOOK_SECRET
from tests.receivers.webhook import WebhookServer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("notification_policies")]
Kind = Delivery.Kind


def alert() -> Alert:
    return make_alert(Rule.objects.first() or make_rule())


def ids(delivery: Delivery) -> tuple[str, str]:
    """The id and the key that the channel is given."""
    given: list[Notification] = []

    def send(notification: Notification) -> Sent:
        given.append(notification)
        return Sent("")

    leased = Delivery.objects.select_related("target").get(pk=delivery.pk)
    leased.lease_until = NOW + LEASE
    send_one(leased, lambda: NOW, {delivery.target.channel: send})
    (notification,) = given
    return idempotency_key(notification), notification.key


def test_messages_of_an_episode_have_one_key_and_each_its_id() -> None:
    one, other = alert(), alert()
    (fired,) = notify(one, Kind.FIRING, NOW)
    (resolved,) = notify(one, Kind.ACKNOWLEDGED, NOW, actor="ada")
    (elsewhere,) = notify(other, Kind.FIRING, NOW)
    assert ids(fired) == ids(fired)
    assert ids(fired)[1] == ids(resolved)[1] != ids(elsewhere)[1]
    assert len({ids(each)[0] for each in (fired, resolved, elsewhere)}) == 3
    assert all(UUID(text) for each in (fired, resolved, elsewhere) for text in ids(each))


def test_numbers_that_are_given_again_after_a_restore_give_other_ids() -> None:
    """What the backup has keeps its ids; what came after it is gone, and the same numbers come again."""
    first = alert()
    (kept,) = notify(first, Kind.FIRING, NOW)
    before = ids(kept)
    lost = alert()
    (gone,) = notify(lost, Kind.FIRING, NOW)
    old, number = ids(gone), gone.pk
    gone.delete()
    GroupedAlert.objects.filter(alert=lost).delete()
    AlertGroup.objects.filter(leader=lost).delete()
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval(pg_get_serial_sequence('detections_delivery', 'id'), %s, false)", [number])
    (anew,) = notify(lost, Kind.FIRING, NOW)
    assert anew.pk == number
    assert not set(ids(anew)) & set(old)
    assert ids(kept) == before
    assert ids(notify(first, Kind.ACKNOWLEDGED, NOW, actor="ada")[0])[1] == before[1]


def test_each_test_message_has_its_own(webhook: WebhookServer) -> None:
    target = Target(name="Ops", channel="webhook", address="ops")
    set_values(target, {"url": webhook.url, "secret": WEBHOOK_SECRET}, NOW)
    target.save()
    for _ in range(2):
        assert try_target(target, "ada", NOW) == Sent("204")
    one, other = webhook.bodies
    assert one["id"] != other["id"]


def test_a_message_that_an_earlier_version_queued_keeps_its_number() -> None:
    (queued,) = notify(alert(), Kind.FIRING, NOW)
    Delivery.objects.filter(pk=queued.pk).update(payload={"kind": "firing"})
    assert ids(queued) == (f"opsconsole-delivery-{queued.pk}", f"opsconsole-alert-{queued.alert_id}")
