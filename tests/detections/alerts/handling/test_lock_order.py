"""Who waits for whom: the order of locks of what changes alerts and groups, seen from two connections."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet

from detections.alerts.causes.models import AlertGroup
from detections.alerts.episode.store import close, load, save
from detections.alerts.escalation.models import Escalation
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.handling.escalate import escalate
from detections.alerts.handling.hand_over import add_responder, hand_over, stop_responder
from detections.alerts.handling.repeat import repeat
from detections.alerts.handling.resolve import resolve
from detections.alerts.models import Alert
from detections.alerts.routing_models import NotificationPolicy
from detections.rules.models import Scope
from opsconsole.accounts.models import Owner
from tests.at_once import race
from tests.detections.alerts.factories import MINUTE, START, judge, make_rule, make_scope, make_user
from tests.detections.alerts.handling.test_group_messages import KNOWN, five_routes, group

pytestmark = pytest.mark.usefixtures("notification_policies")
NOW = START + MINUTE


def while_locked(queryset: QuerySet[Any], act: Callable[[], object]) -> object:
    """What the act returns or raises while another connection holds the row; it does not wait long."""
    locked, done = Event(), Event()

    def hold(number: int) -> object:
        with transaction.atomic():
            if number == 0:
                list(queryset.select_for_update(no_key=True, of=("self",)))
                locked.set()
                assert done.wait(30)
                return None
            assert locked.wait(30)
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL lock_timeout = '200ms'")
                return act()
            finally:
                done.set()

    return race(hold, people=2)[1]


@pytest.mark.django_db(transaction=True)
def test_whoever_lets_another_lead_does_not_wait_for_its_row() -> None:
    NotificationPolicy.objects.update(repeat_interval=timedelta(hours=1), tags=["pager"])
    scopes = five_routes(make_rule())
    consume(NOW)
    first, ada = group().leader, make_user()
    assert first is not None
    Alert.objects.exclude(pk=first.pk).update(tags=[])
    following = Alert.objects.filter(scope=scopes[1])
    resolved = while_locked(following, lambda: resolve(first.pk, ada, NOW))
    assert isinstance(resolved, Alert), resolved
    assert group().leader == following.get()
    judge(scopes[1], "h", 1, data=KNOWN)
    consume(NOW + MINUTE)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", [escalate, repeat])
def test_what_the_clock_does_leaves_out_an_alert_whose_scope_another_worker_has(act: Callable[[datetime], int]) -> None:
    judge(make_scope(), "c", 0)
    consume(NOW)
    alert = Alert.objects.get()
    AlertGroup.objects.update(repeat_at=NOW)
    plan = {"steps": [{"minutes": 1, "targets": [], "owners": []}], "repeat": 0}
    Escalation.objects.create(group=group(), policy_name="x", plan=plan, status="waiting", due_at=NOW, started_at=NOW)
    assert while_locked(Scope.objects.filter(pk=alert.scope_id), lambda: act(NOW)) == 0
    assert (group().repeat_at, Escalation.objects.get().due_at) == (NOW, NOW)


@pytest.mark.django_db(transaction=True)
def test_a_person_who_acts_waits_for_the_scope_and_holds_nothing_meanwhile() -> None:
    judge(make_scope(), "c", 0)
    consume(NOW)
    alert, ada, to = Alert.objects.get(), make_user(), Owner.objects.create(name="somebody")
    for act in (hand_over, add_responder, stop_responder):
        waits = while_locked(Scope.objects.filter(pk=alert.scope_id), lambda act=act: act(alert.pk, ada, NOW, to=to))
        assert isinstance(waits, OperationalError), act


def test_a_batch_that_loaded_an_alert_before_it_was_routed_takes_nothing_back() -> None:
    scope = make_scope()
    judge(scope, "h", 0)
    consume(NOW)
    (loaded,) = load([scope])
    Alert.objects.update(tags=["pager"])
    loaded.unsaved = True
    save([loaded])
    alert = Alert.objects.get()
    assert alert.tags == ["pager"]
    assert loaded.alert is not None
    close(loaded.alert, NOW, "cleared")
    loaded.alert.status = "resolved"
    loaded.unsaved = True
    save([loaded])
    alert.refresh_from_db()
    assert (alert.tags, alert.dedup_key) == (["pager"], None)
