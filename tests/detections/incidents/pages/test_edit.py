"""Editing an incident on its form."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.test import Client

from detections.alerts.routing_models import Target
from detections.incidents.record.change_status import change_status
from detections.incidents.record.edit import edit
from opsconsole.accounts.models import User
from tests.detections.incidents.factories import START, make_alert, make_incident
from tests.detections.incidents.pages.conftest import NOW
from tests.detections.incidents.updates.makers import make_target

TIMES = ("started_at", "mitigated_at", "resolved_at")
MINUTE = timedelta(minutes=1)
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


def sent(page: Any) -> dict[str, Any]:
    """What a browser sends of the page's form."""
    form = page.context["form"]
    values = {name: form[name].value() for name in form.fields}
    values = {name: f"{value:%Y-%m-%dT%H:%M}" if name in TIMES and value else value for name, value in values.items()}
    lines = {"summary": values["summary"].replace("\n", "\r\n")}
    hidden = {"version": str(page.context["incident"].revision), "shown": form.shown}
    return {name: "" if value is None else value for name, value in {**values, **lines, **hidden}.items()}


def test_saved_again_after_a_conflict_it_changes_only_what_the_person_changed(signed_in: Client, ada: User) -> None:
    one = make_alert().project_environment_id
    targets = [make_target(name).pk for name in ("one", "two")]
    incident = make_incident(
        now=NOW, summary="First\nline", started_at=START + SECONDS, places=[one], targets=targets[:1]
    )
    address = f"/incidents/{incident.pk}/edit/"
    mine = {**sent(signed_in.get(address)), "started_at": f"{START - MINUTE:%Y-%m-%dT%H:%M}"}
    change_status(incident.pk, "mitigated", NOW, by=None, actor="bea")
    bea = {"title": "Title of Bea", "summary": "Hers\nnow", "targets": list(Target.objects.filter(pk__in=targets))}
    edit(incident.pk, bea, NOW, by=None, actor="bea")
    again = signed_in.post(address, mine)
    assert again.status_code == 409
    assert "Title of Bea" in again.content.decode()
    assert signed_in.post(address, sent(again)).status_code == 303
    incident.refresh_from_db()
    assert (incident.title, incident.summary) == ("Title of Bea", "Hers\nnow")
    assert (incident.started_at, incident.mitigated_at) == (START - MINUTE, NOW)
    assert {target.pk for target in incident.targets.all()} == set(targets)
    assert incident.timeline.latest("id").text == "Edited: start of impact"


def test_rows_that_two_people_tick_at_once_are_both_ticked(signed_in: Client, ada: User) -> None:
    one, two = (make_target(name) for name in ("one", "two"))
    incident = make_incident()
    address = f"/incidents/{incident.pk}/edit/"
    mine = {**sent(signed_in.get(address)), "targets": [one.pk]}
    edit(incident.pk, {"targets": [two]}, NOW, by=None, actor="bea")
    signed_in.post(address, sent(signed_in.post(address, mine)))
    assert {target.pk for target in incident.targets.all()} == {one.pk, two.pk}


def test_values_of_another_incident_are_not_taken_for_those_shown(signed_in: Client, ada: User) -> None:
    incident, other = make_incident(), make_incident("Mails late")
    form = {**sent(signed_in.get(f"/incidents/{other.pk}/edit/")), "version": "0"}
    signed_in.post(f"/incidents/{incident.pk}/edit/", form)
    incident.refresh_from_db()
    assert incident.title == "Mails late"
