"""The acts on an incident's page: who may, what is said, and what is refused."""

from __future__ import annotations

import pytest
from django.test import Client, RequestFactory

from detections.incidents.models import Incident
from detections.incidents.pages.link_reader import alert_in, read_link
from detections.incidents.record.change_status import change_status
from detections.incidents.record.close import Closing, close
from detections.incidents.record.links import LinkDraft
from opsconsole.accounts.models import User
from opsconsole.accounts.owners import of_person
from tests.detections.incidents.factories import make_alert, make_incident, make_levels, make_user
from tests.detections.incidents.pages.conftest import NOW
from tests.detections.incidents.people import make_responder
from tests.people import make_viewer


def act(client: Client, incident: Incident, path: str, answered: int = 303, **words: object) -> str:
    """What the person is told."""
    answer = client.post(f"/incidents/{incident.pk}/{path}", words, follow=answered == 303)
    assert (answer.redirect_chain[-1][1] if answered == 303 else answer.status_code) == answered
    incident.refresh_from_db()
    return " ".join(str(message) for message in answer.context["messages"])


def test_the_status_goes_forward_by_a_button_and_back_with_a_reason(signed_in: Client, db: None) -> None:
    incident = make_incident(severity=3)
    page = signed_in.get(f"/incidents/{incident.pk}/").content.decode()
    assert 'value="mitigated"' in page
    assert act(signed_in, incident, "status/", status="resolved", version="0") == f"{incident.name} is resolved."
    said = act(signed_in, incident, "status/", 422, status="open")
    assert said == "Not done. Say why it goes back from resolved."
    act(signed_in, incident, "status/", status="open", why="it came back")
    assert incident.status == "open"


def test_who_resolves_hears_that_it_is_resolved(signed_in: Client) -> None:
    make_levels()
    incident = make_incident(severity=1)
    said = act(signed_in, incident, "status/", status="resolved")
    assert said == f"{incident.name} is resolved, and its postmortem is due."
    assert incident.status == "postmortem"


def test_of_two_people_the_second_is_told_by_whom(signed_in: Client) -> None:
    incident = make_incident(severity=3)
    change_status(incident.pk, "mitigated", NOW, by=make_user("bea"), seen=0)
    said = act(signed_in, incident, "status/", 409, status="resolved", version="0")
    assert said == "Not done: bea was faster (Status: Open → Mitigated). Look at it again."
    assert incident.status == "mitigated"


def test_command_is_taken_and_handed_over(signed_in: Client, ada: User) -> None:
    incident = make_incident(commander=of_person(make_user("bea")))
    assert act(signed_in, incident, "take/", version="0") == "You command it."
    assert str(incident.commander) == "ada"
    choice = signed_in.get(f"/incidents/{incident.pk}/hand-over/").content.decode()
    assert "bea" in choice
    said = act(signed_in, incident, "hand-over/", to="bea", version="1")
    assert said.startswith(f"bea commands {incident.name}.")
    answer = signed_in.post(f"/incidents/{incident.pk}/hand-over/", {"to": "zoe"})
    assert answer.status_code == 422
    assert "There is no owner and no person" in answer.content.decode()


def test_severity_roles_alerts_and_links(signed_in: Client) -> None:
    incident, alert = make_incident(severity=3), make_alert()
    assert act(signed_in, incident, "severity/", 422, severity="1") == "Not done. Say why the severity changes."
    act(signed_in, incident, "severity/", severity="1", why="all customers")
    act(signed_in, incident, "roles/", role="Scribe", to="ada")
    act(signed_in, incident, "links/", link=f"http://testserver/alerts/{alert.pk}/")
    act(signed_in, incident, "links/", link=f"/rules/{alert.rule.identifier}/")
    act(signed_in, incident, "links/", link="https://example.org/pull/1", text="PR 1")
    act(signed_in, incident, "links/", link="DATABASE_URL")
    assert act(signed_in, incident, "links/", 422, link="what I mean").startswith("Not done. Paste the address")
    assert "of this console" in act(signed_in, incident, "links/", 422, link="/routing/")
    page = signed_in.get(f"/incidents/{incident.pk}/").content.decode()
    for shown in ("SEV-1", "Scribe", str(alert.group_key), "PR 1", "DATABASE_URL", f"/rules/{alert.rule.identifier}/"):
        assert shown in page
    act(signed_in, incident, "alerts/remove/", alert=alert.pk)
    act(signed_in, incident, "links/remove/", link=incident.links.get(variable="DATABASE_URL").pk)
    act(signed_in, incident, "roles/end/", role=incident.roles.get().pk)
    assert (incident.links.count(), incident.alert_links.filter(removed_at=None).count()) == (2, 0)


def test_an_address_of_the_api_is_one_of_the_web_and_a_broken_one_is_refused(
    signed_in: Client, rf: RequestFactory
) -> None:
    incident, alert = make_incident(severity=3), make_alert()
    address = f"http://testserver/api/v1/alerts/{alert.pk}/"
    assert read_link(rf.get("/"), "", address) == LinkDraft("url", address)
    assert alert_in(rf.get("/"), address) is None
    said = "Not done. Paste the address"
    assert act(signed_in, incident, "links/", 422, link=f"/api/v1/alerts/{alert.pk}/").startswith(said)
    assert act(signed_in, incident, "links/", 422, link="https://[x").startswith("Not done. An address that begins")


def test_an_alert_is_added_from_its_own_page(signed_in: Client) -> None:
    incident, alert = make_incident(), make_alert()
    panel = signed_in.get(f"/alerts/{alert.pk}/incidents/", headers={"HX-Request": "true"}).content.decode()
    assert "It is in none." in panel
    assert incident.name in panel
    signed_in.post(f"/alerts/{alert.pk}/incidents/add/", {"incident": incident.pk})
    page = signed_in.get(f"/alerts/{alert.pk}/incidents/").content.decode()
    assert "nobody commands it" in page
    assert signed_in.post(f"/alerts/{alert.pk}/incidents/add/", {"incident": "x"}).status_code == 404
    assert signed_in.get("/alerts/999999/incidents/").status_code == 404


@pytest.fixture
def closed(ada: User) -> Incident:
    incident = make_incident(severity=3)
    change_status(incident.pk, "resolved", NOW, by=ada)
    return close(incident.pk, Closing({}), NOW, by=ada)


def test_a_closed_incident_is_changed_by_who_may_edit_closed_ones_only(closed: Incident, client: Client) -> None:
    client.force_login(make_responder("bea"))
    for path in ("take/", "severity/", "links/", "roles/", "edit/", "hand-over/"):
        assert client.post(f"/incidents/{closed.pk}/{path}", {"to": "bea"}).status_code == 403
    page = client.get(f"/incidents/{closed.pk}/").content.decode()
    assert f"/incidents/{closed.pk}/edit/" not in page
    assert "Reopen" in page
    client.force_login(make_responder("cyd", besides=("edit_closed_incident",)))
    assert act(client, closed, "links/", link="https://example.org/") == "Linked."
    assert closed.timeline.latest("id").actor_name == "cyd"
    act(client, closed, "status/", status="mitigated", why="it came back")
    assert (closed.status, closed.closed_at) == ("mitigated", None)


def test_who_may_only_look_sees_no_act_and_can_do_none(client: Client, db: None) -> None:
    incident = make_incident(severity=3)
    client.force_login(make_viewer())
    page = client.get(f"/incidents/{incident.pk}/").content.decode()
    assert f"/incidents/{incident.pk}/status/" not in page
    for path in (
        "status/",
        "severity/",
        "take/",
        "roles/",
        "roles/end/",
        "links/",
        "alerts/remove/",
        "edit/",
        "close/",
    ):
        assert client.post(f"/incidents/{incident.pk}/{path}").status_code == 403
    assert client.get("/incidents/").status_code == 200


def test_to_htmx_the_head_is_sent_and_an_act_refreshes_it(signed_in: Client) -> None:
    incident, htmx = make_incident(severity=3), {"HX-Request": "true"}
    head = signed_in.get(f"/incidents/{incident.pk}/", headers=htmx)
    assert 'id="incident-head"' in head.content.decode()
    assert "<html" not in head.content.decode()
    answer = signed_in.post(f"/incidents/{incident.pk}/take/", headers=htmx)
    assert (answer.status_code, answer["HX-Trigger"]) == (204, "poll")


def test_the_steps_forward_are_said_as_acts(signed_in: Client) -> None:
    page = signed_in.get(f"/incidents/{make_incident(severity=3).pk}/").content.decode()
    assert page.index("Mark mitigated") < page.index("Mark resolved")


def test_while_a_postmortem_is_to_be_written_it_comes_before_closing(signed_in: Client) -> None:
    make_levels()
    incident = make_incident(severity=1)
    act(signed_in, incident, "status/", status="resolved")
    close_link = f'href="/incidents/{incident.pk}/close/">Close'
    first = signed_in.get(f"/incidents/{incident.pk}/").content.decode()
    assert f'class="button button-primary" href="/incidents/{incident.pk}/postmortem/"' in first
    assert f'class="button" {close_link}' in first
    signed_in.post(f"/incidents/{incident.pk}/postmortem/draft/", {"version": 0})
    signed_in.post(f"/incidents/{incident.pk}/postmortem/finish/", {"version": 1, "finished": "1"})
    assert f'class="button button-primary" {close_link}' in signed_in.get(f"/incidents/{incident.pk}/").content.decode()


def test_a_changed_title_heads_the_postmortem(signed_in: Client) -> None:
    incident = make_incident(title="Orders fail")
    signed_in.post(f"/incidents/{incident.pk}/postmortem/draft/", {"version": 0})
    Incident.objects.update(title="Orders fail in Europe")
    for page in ("", "print/", "export/"):
        text = signed_in.get(f"/incidents/{incident.pk}/postmortem/{page}").content.decode()
        assert f"{incident.name}: Orders fail in Europe" in text
        assert "{title}" not in text
