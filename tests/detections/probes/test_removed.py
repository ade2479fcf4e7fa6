"""A target that somebody removes while somebody else acts on it: that is said, and it stays away."""

from __future__ import annotations

from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from detections.dashboard.probes import act_views
from detections.probes.api import gates, probes
from detections.probes.models import ProbeInvariant, ProbeRun, ProbeTarget
from tests.api.conftest import owner, with_token, writer
from tests.at_once import race
from tests.detections.probes.admin.forms import fields
from tests.detections.probes.rows import stored_target

__all__ = ["owner", "with_token", "writer"]

# Foreign keys are judged at the commit.
pytestmark = pytest.mark.django_db(transaction=True)
LOOKS = 100_000  # at the locks: tens of seconds


@pytest.fixture
def gone(monkeypatch: pytest.MonkeyPatch) -> ProbeTarget:
    """A target that was there when it was looked up."""
    target = stored_target()
    read = ProbeTarget.objects.select_related("project_environment__project").get()
    target.delete()
    for module, name in ((act_views, "the_target"), (probes, "target_named"), (gates, "target_named")):
        monkeypatch.setattr(module, name, lambda slug: read)
    return read


@pytest.mark.parametrize("act", ["start", "freeze", "unfreeze"])
def test_an_act_on_its_page_finds_none(act: str, gone: ProbeTarget, admin_client: Client) -> None:
    assert admin_client.post(f"/probes/{gone.slug}/{act}/", {"reason": "errors"}).status_code == 404
    assert not ProbeRun.objects.exists()


@pytest.mark.parametrize(
    "act", ["probes/aurora-rollout/runs/", "gates/aurora-rollout/freeze/", "gates/aurora-rollout/unfreeze/"]
)
def test_an_act_over_the_api_finds_none(act: str, gone: ProbeTarget, writer: Client) -> None:
    body = "" if act.endswith("/runs/") else {"reason": "errors"}
    answer = writer.post(f"/api/v1/{act}", body, content_type="application/json")
    assert (answer.status_code, answer.json()["detail"]) == (404, "No probe target aurora-rollout.")


def test_saving_its_form_does_not_bring_it_back(admin_client: Client) -> None:
    target, removed = stored_target(), Event()
    address, given = f"/admin/detections/probetarget/{target.pk}/change/", fields(slug=None)

    def act(number: int) -> Any:
        if number:
            assert removed.wait(30)
            return admin_client.post(address, given, follow=True)
        with transaction.atomic():
            ProbeTarget.objects.get().delete()
            removed.set()
            _until_somebody_waits()
        return None

    _, answer = race(act, 2)
    assert "Perhaps it was deleted?" in answer.content.decode()  # type: ignore[attr-defined]
    assert not ProbeTarget.objects.exists()
    assert not ProbeInvariant.objects.exists()


def _until_somebody_waits() -> None:
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
    with connection.cursor() as cursor:
        for _ in range(LOOKS):
            cursor.execute(waiting)
            if cursor.fetchone() != (0,):
                return
    raise AssertionError("nobody waited for the removal")
