"""Incidents are read in the admin; the severities and the vocabulary are edited."""

from __future__ import annotations

import pytest
from django.test import Client

from detections.incidents.default_levels import load
from detections.incidents.models import BugClass, SeverityLevel
from detections.incidents.record.links import LinkDraft, add_link
from tests.detections.incidents.factories import START, make_alert, make_incident
from tests.detections.incidents.updates.makers import make_target

ADMIN = "/admin/detections/"


@pytest.mark.django_db
def test_incidents_are_read_only_and_lead_to_their_page(admin_client: Client) -> None:
    incident = make_incident(alerts=[make_alert().pk])
    add_link(incident.pk, LinkDraft("variable", "VAULT_KEY"), START, by=None, actor="ada")
    assert incident.name in admin_client.get(f"{ADMIN}incident/").content.decode()
    page = admin_client.get(f"{ADMIN}incident/{incident.pk}/change/").content.decode()
    assert "VAULT_KEY" in page
    assert 'name="_save"' not in page
    assert admin_client.get(f"{ADMIN}incident/add/").status_code == 403


@pytest.mark.django_db
def test_a_message_leads_to_the_incident_that_it_is_about(admin_client: Client) -> None:
    incident = make_incident(targets=[make_target("ops").pk])
    page = f'<a href="{ADMIN}incident/{incident.pk}/change/">{incident}</a>'
    (message,) = incident.deliveries.all()
    for address in ("delivery/", f"delivery/{message.pk}/change/"):
        assert page in admin_client.get(ADMIN + address).content.decode()


@pytest.mark.django_db
def test_severities_are_five_and_what_they_ask_for_is_edited(admin_client: Client) -> None:
    load()
    assert admin_client.get(f"{ADMIN}severitylevel/add/").status_code == 403
    form = {"meaning": "Orders fail", "update_minutes": "15", "postmortem_days": ""}
    admin_client.post(f"{ADMIN}severitylevel/1/change/", form)
    level = SeverityLevel.objects.get(severity=1)
    assert (level.meaning, level.update_minutes, level.postmortem_days) == ("Orders fail", 15, None)
    for wrong in ({"update_minutes": "0"}, {"update_minutes": "43201"}, {"postmortem_days": "10000000"}):
        assert admin_client.post(f"{ADMIN}severitylevel/1/change/", {**form, **wrong}).status_code == 200
    level.refresh_from_db()
    assert (level.update_minutes, level.postmortem_days) == (15, None)
    admin_client.post(f"{ADMIN}bugclass/add/", {"name": "Race"})
    assert BugClass.objects.filter(name="Race").exists()
