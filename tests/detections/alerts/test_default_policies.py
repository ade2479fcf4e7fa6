"""The shipped routing as rows: loaded once, edited afterwards, never without a last catch-all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError

from detections.alerts import default_policies
from detections.alerts.routing.match_policies import match_policies, tree_problems
from detections.alerts.routing.matchers import Subject
from detections.alerts.routing_models import NotificationPolicy, Target
from detections.alerts.routing_queries import routing_tree

pytestmark = pytest.mark.usefixtures("notification_policies")
DAY = datetime(2026, 6, 12, 14, 0, tzinfo=UTC)  # Friday 10:00 in New York
NIGHT = datetime(2026, 6, 13, 2, 0, tzinfo=UTC)  # Friday 22:00


@pytest.mark.parametrize(
    ("severity", "at", "address"),
    [
        ("critical", DAY, "#raxx-ops-alert-sev1"),
        ("critical", NIGHT, "#raxx-ops-alert-sev1"),
        ("high", DAY, "#raxx-ops-alert-sev2-5"),
        ("high", NIGHT, "#raxx-ops-alert-sev2"),
        ("medium", DAY, "ops@"),
    ],
)
def test_where_each_severity_goes(severity: str, at: datetime, address: str) -> None:
    (match,) = match_policies(routing_tree(), Subject("DET-BETA-003", "beta", severity, "raptor", "prod"), at).matches
    assert [Target.objects.get(pk=target).address for target in match.node.targets] == [address]
    assert match.node.summary == (severity == "medium")


def test_loading_again_keeps_what_was_edited() -> None:
    NotificationPolicy.objects.filter(name="Critical").update(name="Pages")
    default_policies.load()
    assert NotificationPolicy.objects.count() == 5
    assert NotificationPolicy.objects.filter(name="Pages").exists()


def test_the_tree_is_sound() -> None:
    assert tree_problems(routing_tree()) == []


@pytest.mark.parametrize(
    "harm",
    [
        lambda: NotificationPolicy.objects.filter(order=1000).delete(),
        lambda: NotificationPolicy.objects.filter(order=1000).update(matchers={"severity": ["high"]}),
        lambda: NotificationPolicy.objects.filter(order=1000).update(order=5),
        lambda: NotificationPolicy.objects.create(order=2000, name="after", matchers={"severity": ["high"]}),
    ],
)
def test_the_database_refuses_to_lose_the_catch_all(harm: Callable[[], object]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError, match="last policy must match everything"), transaction.atomic():
        harm()


def test_two_queries_read_the_tree(django_assert_num_queries: object) -> None:
    with django_assert_num_queries(2):  # type: ignore[operator]
        routing_tree()
