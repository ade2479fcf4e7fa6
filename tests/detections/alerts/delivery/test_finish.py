"""Leases end in one statement, whatever became of each message."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from detections.alerts.channels.notification import DeliveryOutcome, Rejected, Retry, Sent
from detections.alerts.delivery.finish import Finished, finish
from detections.alerts.delivery.outbox import LEASE, claim, expire_leases, record_outcomes
from detections.alerts.delivery_models import Delivery
from tests.detections.alerts.delivery.queue import NOW, queue

pytestmark = pytest.mark.django_db
OUTCOMES = (
    Sent("ok", {"ts": "1"}),
    Retry("503", timedelta(minutes=9), {"replied": "yes"}),
    Rejected("404"),
    Sent("ok"),
)


def leased(number: int) -> list[Delivery]:
    return [claim(NOW, limit=1)[0] for _ in queue(number, "#ops")]


def test_each_message_gets_its_own_outcome_in_one_statement() -> None:
    batch = leased(len(OUTCOMES))
    with CaptureQueriesContext(connection) as captured:
        record_outcomes(list(zip(batch, OUTCOMES, strict=True)), NOW)
    assert sum("UPDATE detections_delivery" in query["sql"] for query in captured) == 1
    rows = [Delivery.objects.get(pk=delivery.pk) for delivery in batch]
    assert [row.status for row in rows] == ["sent", "queued", "dead", "sent"]
    assert [row.receipt for row in rows] == [{"ts": "1"}, {"replied": "yes"}, {}, {}]
    assert [row.sent_at for row in rows] == [NOW, None, None, NOW]
    assert [row.next_attempt_at for row in rows] == [None, NOW + timedelta(minutes=9), None, None]
    assert {row.lease_until for row in rows} == {None}


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_a_lease_that_is_anothers_by_now_is_left_alone(outcome: DeliveryOutcome) -> None:
    (mine,) = leased(1)
    later = NOW + LEASE
    expire_leases(later)
    (theirs,) = claim(later)
    record_outcomes([(mine, outcome)], later)
    row = Delivery.objects.get()
    assert (row.status, row.lease_until, row.tries) == ("sending", theirs.lease_until, 2)
    assert finish([(mine, Finished("sent")), (theirs, Finished("sent"))]) == {theirs.pk}


def test_nothing_asks_nothing(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        assert finish([]) == set()
