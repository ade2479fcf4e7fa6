"""An incident is declared on one form, filled in from its alerts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from detections.alerts.causes.models import AlertGroup, GroupedAlert
from detections.alerts.models import Alert
from detections.incidents.models import Incident, IncidentAlert
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from tests.detections.incidents.factories import START, make_alert, make_incident, make_user
from tests.detections.incidents.pages.conftest import NOW
from tests.people import make_viewer

NEW = "/incidents/new/"


def post(client: Client, address: str = NEW, **changes: object) -> Incident:
    """What the filled-in form sends, with changes."""
    form = client.get(address).context["form"]
    values = {name: form[name].value() for name in form.fields}
    values["started_at"] = values["started_at"] and f"{values['started_at']:%Y-%m-%dT%H:%M}"
    sent = {name: value for name, value in {**values, **changes}.items() if value is not None}
    answer = client.post(address, sent)
    assert answer.status_code == 303, answer.content.decode()
    return Incident.objects.get(pk=int(answer["Location"].split("/")[2]))


def test_one_alert_fills_everything_in(signed_in: Client, ada: User) -> None:
    alert = make_alert(cause="Mail provider down")
    incident = post(signed_in, f"{NEW}?alert={alert.pk}")
    assert incident.title == f"Mail provider down on {alert.group_key} in raptor/prod"
    assert (incident.severity, incident.started_at, str(incident.commander)) == (1, START, "ada")
    assert list(incident.places.all()) == [alert.project_environment]
    assert [link.alert for link in incident.alert_links.all()] == [alert]
    assert incident.declared_by == ada


def test_several_alerts_of_the_list_are_declared_together(signed_in: Client) -> None:
    one, two = make_alert(severity=1), make_alert(severity=2)
    rows = [f"{alert.pk}:{alert.revision}" for alert in (one, two)]
    answer = signed_in.post("/alerts/bulk/", {"act": "declare", "row": rows})
    assert answer.status_code == 303
    incident = post(signed_in, answer["Location"])
    assert (incident.severity, incident.alert_links.count()) == (2, 2)


def test_a_group_is_declared_as_a_whole(signed_in: Client) -> None:
    leader, other = make_alert(), make_alert()
    group = AlertGroup.objects.create(leader=leader, opened_at=START, size=2, kind="storm")
    GroupedAlert.objects.bulk_create(GroupedAlert(alert=each, group=group, joined_at=START) for each in (leader, other))
    page = signed_in.get(f"/alerts/{leader.pk}/").content.decode()
    address = f"{NEW}?alert={leader.pk}&group={group.pk}"
    assert address.replace("&", "&amp;") in page
    assert post(signed_in, address).alert_links.count() == 2


def test_by_hand_without_alerts_in_the_zone_of_the_person(signed_in: Client, ada: User) -> None:
    ada.time_zone = "America/New_York"
    ada.save()
    incident = post(signed_in, title="Orders fail", severity="2", started_at="2026-06-12T09:00", commander="")
    assert (incident.started_at, incident.commander) == (START - timedelta(hours=1), None)


def test_a_start_that_is_not_touched_is_kept_to_the_second_and_in_the_repeated_hour(
    signed_in: Client, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada.time_zone = "America/New_York"
    ada.save()
    second_time = datetime(2026, 11, 1, 6, 30, 42, tzinfo=UTC)  # 01:30:42 there, as an hour before
    monkeypatch.setattr(clock, "now", lambda: second_time + timedelta(minutes=5))
    alert = make_alert(second_time)
    assert post(signed_in, f"{NEW}?alert={alert.pk}").started_at == second_time


def test_sent_twice_it_is_declared_once(signed_in: Client) -> None:
    form = {"title": "Orders fail", "severity": "2", "key": "5f4dcc3b"}
    first, second = (signed_in.post(NEW, form)["Location"] for _ in range(2))
    assert first == second
    assert Incident.objects.count() == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"title": ""}, "Say in a few words what is wrong."),
        ({"started_at": f"{NOW + timedelta(hours=1):%Y-%m-%dT%H:%M}"}, "Not in the future; it is"),
        ({"commander": "nobody-knows"}, "There is no owner and no person"),
        ({"severity": "7"}, "Select a valid choice"),
        ({"alerts": "999999"}, "Select a valid choice"),
    ],
)
def test_a_mistake_is_said_at_its_field_and_nothing_is_declared(
    signed_in: Client, words: dict[str, str], said: str
) -> None:
    answer = signed_in.post(NEW, {"title": "Orders fail", "severity": "2", **words})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Incident.objects.exists()


def test_unknown_alerts_in_the_address_are_passed_over(signed_in: Client) -> None:
    answer = signed_in.get(f"{NEW}?alert=x&alert=99999999999999999999&row=7&group=z")
    assert answer.status_code == 200
    assert answer.context["alerts"] == []


def test_who_may_not_declare_is_not_offered_it(client: Client, db: None) -> None:
    client.force_login(make_viewer())
    alert = make_alert()
    assert client.get(NEW).status_code == 403
    assert "incidents/new" not in client.get(f"/alerts/{alert.pk}/").content.decode()
    assert Alert.objects.count() == 1


def test_what_is_in_an_incident_already_is_said_and_declared_again_only_on_purpose(signed_in: Client) -> None:
    alert = make_alert()
    address = f"{NEW}?alert={alert.pk}"
    before = signed_in.get(address).context["form"]
    first = make_incident(alerts=[alert.pk])
    assert f"open {first.name}: Orders fail" in signed_in.get(address).content.decode()
    form = {"title": before["title"].value(), "severity": "1", "alerts": [alert.pk], "key": before["key"].value()}
    refused = signed_in.post(address, form)
    assert refused.status_code == 409
    assert f"already in {first.name}" in refused.content.decode()
    assert Incident.objects.count() == 1
    assert signed_in.post(address, {**form, "another": "on"}).status_code == 303
    assert Incident.objects.count() == 2


def test_an_alert_that_recovers_meanwhile_stays_in_its_group(signed_in: Client) -> None:
    leader, other = make_alert(), make_alert()
    group = AlertGroup.objects.create(leader=leader, opened_at=START, size=2, kind="storm")
    GroupedAlert.objects.bulk_create(GroupedAlert(alert=each, group=group, joined_at=START) for each in (leader, other))
    address = f"{NEW}?group={group.pk}"
    form = signed_in.get(address).context["form"]
    Alert.objects.filter(pk=other.pk).update(status="resolved", dedup_key=None)
    values = {name: form[name].value() for name in ("title", "severity", "alerts", "key")}
    answer = signed_in.post(address, values)
    assert answer.status_code == 303
    assert IncidentAlert.objects.count() == 2


def test_the_form_of_an_incident_that_comes_back_changed_is_not_lost(signed_in: Client) -> None:
    form = {"title": "Orders fail", "severity": "2", "key": "5f4dcc3b"}
    signed_in.post(NEW, form)
    again = signed_in.post(NEW, {**form, "title": "Mails late"})
    assert again.status_code == 409
    assert "This form has declared INC-" in again.content.decode()
    key = again.context["form"]["key"].value()
    assert key != form["key"]
    assert signed_in.post(NEW, {**form, "title": "Mails late", "key": key}).status_code == 303
    assert {incident.title for incident in Incident.objects.all()} == {"Orders fail", "Mails late"}


def test_a_start_that_is_not_touched_is_that_of_the_alerts(signed_in: Client, ada: User) -> None:
    """In the hour that clocks repeat its wall clock alone would name the first of the two."""
    ada.time_zone = "America/New_York"
    ada.save()
    start = datetime(2025, 11, 2, 6, 30, 17, tzinfo=UTC)
    alert = make_alert(start)
    assert post(signed_in, f"{NEW}?alert={alert.pk}").started_at == start
    touched = post(signed_in, f"{NEW}?alert={alert.pk}", started_at="2025-11-02T00:30", another="on")
    assert touched.started_at == datetime(2025, 11, 2, 4, 30, tzinfo=UTC)


def test_that_a_commander_could_not_be_told_is_said(signed_in: Client) -> None:
    make_user("bea")
    form = {"title": "Orders fail", "severity": "2", "commander": "bea"}
    page = signed_in.post(NEW, form, follow=True).content.decode()
    assert "bea was not told: no target is bound to them." in page


def test_the_part_of_an_alerts_page_is_read_again_with_the_page(signed_in: Client) -> None:
    alert = make_alert()
    part = signed_in.get(f"/alerts/{alert.pk}/").content.decode().partition('id="alert-incidents"')[2].partition(">")[0]
    assert 'data-poll="quiet"' in part
    assert 'hx-trigger="load, poll"' in part


def test_who_may_declare_alone_does_so_from_the_list_and_of_what_is_over_too(client: Client, db: None) -> None:
    over = make_alert(resolved_at=START + timedelta(minutes=1))
    bea, cyd = make_user("bea"), make_user("cyd")
    bea.user_permissions.set(Permission.objects.filter(codename__in=["view_alert", "add_incident"]))
    cyd.user_permissions.set(Permission.objects.filter(codename__in=["view_alert", "change_alert"]))
    client.force_login(bea)
    page = client.get("/alerts/?condition=resolved").content.decode()
    assert f'href="{NEW}?alert={over.pk}"' in page
    assert 'name="act" value="declare"' in page
    assert 'name="act" value="expected"' not in page
    chosen = {"act": "declare", "row": f"{over.pk}:{over.revision}"}
    assert client.post("/alerts/bulk/", chosen)["Location"] == f"{NEW}?row={over.pk}"
    assert client.post("/alerts/bulk/", {**chosen, "act": "expected"}).status_code == 403
    client.force_login(cyd)
    page = client.get("/alerts/?condition=resolved").content.decode()
    assert 'name="act" value="declare"' not in page
    assert client.post("/alerts/bulk/", chosen).status_code == 403


def test_who_may_command_is_offered_and_nobody_else(signed_in: Client) -> None:
    bea, cyd = make_user("bea"), make_user("cyd")
    bea.user_permissions.set(Permission.objects.filter(codename="command_incident"))
    cyd.user_permissions.set(Permission.objects.filter(codename="change_alert"))
    form = signed_in.get(NEW).context["form"]
    offered = dict(form.fields["commander"].widget.choices)["People"]
    assert {name for name, _ in offered} >= {"bea"}
    assert "cyd" not in dict(offered)
