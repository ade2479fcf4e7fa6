"""Results of targets are noted by many senders at once."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from detections.alerts.channels.notification import Retry, Sent
from detections.alerts.routing_models import Target, TargetResult
from detections.alerts.targets.results import record_results
from tests.detections.alerts.delivery.queue import NOW

pytestmark = pytest.mark.django_db


def test_all_targets_are_locked_in_one_order_before_any_is_noted() -> None:
    """Of A that works and B that fails, a sender would note A first, and one that sees the opposite B."""
    one, other = (Target.objects.create(name=name, address=name) for name in ("#a", "#b"))
    with CaptureQueriesContext(connection) as captured:
        record_results([(other, Sent("ok")), (one, Retry("503"))], NOW)
    lock, *notes = [query["sql"] for query in captured if "SAVEPOINT" not in query["sql"]]
    assert lock.endswith('ORDER BY 1 ASC FOR NO KEY UPDATE OF "detections_target"')
    assert str(one.pk) in lock
    assert str(other.pk) in lock
    assert len(notes) == 2
    assert TargetResult.objects.get(target=one).last_error == "503"
    assert TargetResult.objects.get(target=other).last_success_at == NOW


def test_nothing_to_note_asks_nothing() -> None:
    with CaptureQueriesContext(connection) as captured:
        record_results([], NOW)
    assert [query["sql"] for query in captured if "SAVEPOINT" not in query["sql"]] == []
