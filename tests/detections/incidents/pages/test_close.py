"""Closing on one page, with one choice for all alerts that each may change."""

from __future__ import annotations

from datetime import timedelta

from django.test import Client

from detections.incidents.record.change_status import change_status
from detections.rules.models import Exclusion
from opsconsole.accounts.models import User
from tests.detections.incidents.factories import START, make_alert, make_incident, make_levels
from tests.detections.incidents.pages.conftest import NOW

MINUTE = timedelta(minutes=1)


def test_one_choice_for_all_and_another_for_one(signed_in: Client, ada: User) -> None:
    make_levels()
    alerts = [make_alert(resolved_at=START + MINUTE) for _ in range(3)]
    place = alerts[0].project_environment_id
    ids = [alert.pk for alert in alerts]
    incident = make_incident(severity=1, started_at=START - MINUTE, alerts=ids, places=[place])
    change_status(incident.pk, "resolved", NOW, by=ada)
    address = f"/incidents/{incident.pk}/close/"
    page = signed_in.get(address).content.decode()
    assert "Leave this interval out of baselines" in page
    chosen = {
        "disposition": "true_positive",
        f"disposition-{ids[1]}": "false_positive",
        "leave_out": "1",
        "version": "1",
    }
    missing = signed_in.post(address, chosen)
    assert missing.status_code == 422
    assert "Say why it closes without a finished postmortem." in missing.content.decode()
    assert '<option value="false_positive" selected>' in missing.content.decode()
    missing = signed_in.post(address, {**chosen, "why": "a drill"})
    assert "say why it was a false positive" in missing.content.decode().lower()
    answer = signed_in.post(address, {**chosen, "why": "a drill", f"why-{ids[1]}": "a test"})
    assert answer["Location"] == f"/incidents/{incident.pk}/"
    incident.refresh_from_db()
    assert (incident.status, incident.closed_why) == ("closed", "a drill")
    for alert in alerts:
        alert.refresh_from_db()
    assert [alert.disposition for alert in alerts] == ["true_positive", "false_positive", "true_positive"]
    assert Exclusion.objects.get().start == START - MINUTE


def test_what_is_open_is_not_closed(signed_in: Client) -> None:
    incident = make_incident()
    assert "resolve it first" in signed_in.get(f"/incidents/{incident.pk}/close/").content.decode()
    answer = signed_in.post(f"/incidents/{incident.pk}/close/")
    assert answer.status_code == 409
