"""The admin: every list answers, what happened cannot be written, keys are revoked after a question."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.contrib import admin
from django.core.paginator import Paginator
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from detections.ingest.digest import digest_batch
from detections.ingest.models import Inbox, Quarantined
from detections.telemetry import count_models, models
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from opsconsole.lib.web.admin_large_tables import LimitedPaginator
from tests.detections.builders import arrive, envelope, event, inbox, project

pytestmark = pytest.mark.django_db

SHOWN = [
    models.Project, models.ProjectKey, models.ProjectEnvironment, models.Issue, models.Series, models.Event,
    models.IssueHour, models.Grouping, count_models.MinuteCount, count_models.HourCount, count_models.Coverage,
    count_models.Receipt, count_models.Discard, Quarantined,
]  # fmt: skip


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("boss", "boss@example.org", "x"))
    return client


@pytest.fixture
def raptor() -> models.Project:
    """With three events of now, one of them set aside."""
    made, now = project(), clock.now()
    arrive(made, *(event(timestamp=now.isoformat(), exception=[{"type": "<b>E</b>"}]) for _ in range(2)), at=now)
    inbox(made, envelope(("event", b"[1]")), received_at=now)
    digest_batch(now)
    return made


def changelist(model: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


@pytest.mark.parametrize("model", SHOWN)
def test_every_list_answers_and_escapes(boss: Client, raptor: models.Project, model: Any) -> None:
    answer = boss.get(changelist(model))

    assert answer.status_code == 200
    assert b"<b>E</b>" not in answer.content
    if model._default_manager.exists():
        assert b"result_list" in answer.content


@pytest.mark.parametrize("model", [models.Event, models.Series, count_models.MinuteCount, Quarantined])
def test_what_happened_is_only_looked_at(boss: Client, raptor: models.Project, model: Any) -> None:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"

    assert boss.get(reverse(f"{name}_add")).status_code == 403
    assert boss.post(reverse(f"{name}_delete", args=[model._default_manager.all()[0].pk])).status_code == 403


def test_the_inbox_is_not_shown() -> None:
    assert Inbox not in admin.site._registry


@pytest.mark.parametrize("model", SHOWN)
def test_lists_do_not_ask_once_a_row(boss: Client, raptor: models.Project, model: Any) -> None:
    boss.get(changelist(model))
    with CaptureQueriesContext(connection) as few:
        boss.get(changelist(model))
    arrive(raptor, *(event(timestamp=clock.now().isoformat(), environment=f"e{n}", transaction=f"/r{n}",
                           fingerprint=[str(n)]) for n in range(8)), at=clock.now())  # fmt: skip
    digest_batch(clock.now())
    with CaptureQueriesContext(connection) as many:
        boss.get(changelist(model))

    assert len(many) <= len(few) + 1


def test_a_key_is_revoked_after_a_question(boss: Client, raptor: models.Project) -> None:
    key = raptor.keys.get()
    act = {"action": "revoke", "_selected_action": [key.pk]}

    asked = boss.post(changelist(models.ProjectKey), act)
    assert b"cannot be undone" in asked.content
    assert key.public_key.encode() in boss.get(changelist(models.ProjectKey)).content
    assert models.ProjectKey.objects.get().revoked_at is None
    done = boss.post(changelist(models.ProjectKey), {**act, "confirmed": "yes"})

    assert done.status_code == 302
    assert models.ProjectKey.objects.get().revoked_at is not None


def test_a_quarantined_row_is_shown_and_tried_again(boss: Client, raptor: models.Project) -> None:
    row = Quarantined.objects.get()
    shown = boss.get(reverse("admin:detections_quarantined_change", args=[row.pk]))
    assert b"expected an object" in shown.content

    boss.post(changelist(Quarantined), {"action": "try_again", "_selected_action": [row.pk], "confirmed": "yes"})

    assert Inbox.objects.get().event_id == row.event_id
    digest_batch(clock.now())
    assert Quarantined.objects.filter(resolved_at=None).get().attempts == 2


def test_the_time_filter_is_always_on(boss: Client, raptor: models.Project) -> None:
    count_models.Receipt.objects.create(project=raptor, event_id=uuid4(), received_at=clock.now().replace(year=2020))
    hour = boss.get(changelist(count_models.Receipt))
    nonsense = boss.get(changelist(count_models.Receipt), {"since": "ever"})

    assert hour.context["cl"].result_count == 2
    assert nonsense.context["cl"].result_count == 2


def test_a_long_list_is_counted_to_a_bound(raptor: models.Project) -> None:
    rows = count_models.Receipt.objects.order_by("pk")
    assert LimitedPaginator(rows, 10).count == Paginator(rows, 10).count == 2
