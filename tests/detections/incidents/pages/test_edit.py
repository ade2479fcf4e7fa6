"""Editing an incident on its form."""

from __future__ import annotations

from datetime import timedelta

from django.test import Client

from detections.incidents.record.change_status import change_status
from opsconsole.accounts.models import User
from tests.detections.incidents.factories import START, make_alert, make_incident
from tests.detections.incidents.pages.conftest import NOW

SECONDS = timedelta(seconds=17)


def test_what_is_not_touched_stays_to_the_second(signed_in: Client, ada: User) -> None:
    alert = make_alert()
    incident = make_incident(severity=3, now=NOW, started_at=START + SECONDS)
    change_status(incident.pk, "resolved", NOW, by=ada)
    address = f"/incidents/{incident.pk}/edit/"
    page = signed_in.get(address).content.decode()
    assert 'name="resolved_at"' in page
    form = {
        "title": "Orders fail again",
        "started_at": f"{START:%Y-%m-%dT%H:%M}",
        "resolved_at": f"{NOW:%Y-%m-%dT%H:%M}",
        "places": alert.project_environment_id,
        "version": "1",
    }
    assert signed_in.post(address, form)["Location"] == f"/incidents/{incident.pk}/"
    incident.refresh_from_db()
    assert (incident.title, incident.started_at) == ("Orders fail again", START + SECONDS)
    assert incident.timeline.latest("id").text == "Edited: title, affected places"


def test_a_conflict_keeps_what_was_written(signed_in: Client, ada: User) -> None:
    incident = make_incident(severity=3)
    change_status(incident.pk, "mitigated", NOW, by=None, actor="bea")
    answer = signed_in.post(f"/incidents/{incident.pk}/edit/", {"title": "Mine", "version": "0"})
    assert answer.status_code == 409
    assert "bea was faster" in answer.content.decode()
    assert 'value="Mine"' in answer.content.decode()


def test_times_out_of_order_are_said_at_their_field(signed_in: Client, ada: User) -> None:
    incident = make_incident(severity=3, started_at=START)
    change_status(incident.pk, "resolved", NOW, by=ada)
    form = {"title": incident.title, "started_at": f"{START:%Y-%m-%dT%H:%M}", "resolved_at": "2026-06-12T13:00"}
    answer = signed_in.post(f"/incidents/{incident.pk}/edit/", form)
    assert answer.status_code == 422
    assert answer.context["form"].errors["resolved_at"][0].startswith("Resolved (2026-06-12 13:00 UTC)")
