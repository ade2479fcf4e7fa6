"""Results of targets are noted by many senders at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from detections.alerts.channels.notification import Retry, Sent
from detections.alerts.routing_models import Target, TargetResult
from detections.alerts.targets.results import record_results
from tests.detections.alerts.delivery.queue import NOW

pytestmark = pytest.mark.django_db


def test_all_targets_are_noted_by_one_statement_in_one_order() -> None:
    """Of A that works and B that fails, a sender would note A first, and one that sees the opposite B."""
    one, other = (Target.objects.create(name=name, address=name) for name in ("#a", "#b"))
    with CaptureQueriesContext(connection) as captured:
        record_results([(other, Sent("ok")), (one, Retry("503"))], NOW)
    (note,) = [query["sql"] for query in captured]
    assert f"'{{{one.pk},{other.pk}}}'" in note.replace(" ", "")
    assert TargetResult.objects.get(target=one).last_error == "503"
    assert TargetResult.objects.get(target=other).last_success_at == NOW


def test_a_success_and_an_error_of_one_target_leave_each_other_alone() -> None:
    target = Target.objects.create(name="#a", address="#a")
    later = NOW + timedelta(minutes=1)
    record_results([(target, Retry("503"))], NOW)
    record_results([(target, Sent("ok"))], later)
    result = TargetResult.objects.get()
    assert (result.last_success_at, result.last_error_at, result.last_error) == (later, NOW, "503")
    record_results([(target, Sent("ok")), (target, Retry("502"))], later)
    result.refresh_from_db()
    assert (result.last_success_at, result.last_error_at, result.last_error) == (later, later, "502")


def test_nothing_to_note_asks_nothing() -> None:
    with CaptureQueriesContext(connection) as captured:
        record_results([], NOW)
    assert [query["sql"] for query in captured if "SAVEPOINT" not in query["sql"]] == []
