"""Writing an update from a template on the page, and who was told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from detections.incidents.models import Incident
from detections.incidents.record.change_status import change_status
from detections.incidents.update_models import UpdateTemplate
from detections.incidents.updates import default_templates
from detections.incidents.updates.write_update import write_update
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from tests.detections.alerts.factories import make_user
from tests.detections.incidents.factories import START, make_incident, make_levels
from tests.detections.incidents.updates.makers import make_target
from tests.people import make_viewer

pytestmark = pytest.mark.django_db
NOW = START + timedelta(minutes=10)


@pytest.fixture
def ada() -> User:
    user = make_user("ada")
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_alert", "change_incident"]))
    return user


@pytest.fixture
def incident(ada: User, client: Client, monkeypatch: pytest.MonkeyPatch) -> Incident:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    make_levels()
    list(default_templates.load())
    client.force_login(ada)
    targets = [make_target("ops").pk, make_target("tickets", "jira").pk]
    return make_incident(severity=1, by=ada, targets=targets)


def form(incident: Incident, **values: object) -> dict[str, object]:
    return {"text": "The cause is known.", "next_minutes": "30", "version": incident.revision, "after": 1, **values}


def test_a_template_fills_the_form_and_the_severity_proposes_the_next(client: Client, incident: Incident) -> None:
    template = UpdateTemplate.objects.get(name="Investigating")
    page = client.get(f"/incidents/{incident.pk}/updates/new/?template={template.pk}").content.decode()
    assert "We are investigating Orders fail. Affected: ___" in page
    assert '<option value="30" selected>In 30 min (14:40 UTC)</option>' in page
    assert "Updates go to the target ops." in " ".join(page.split())
    assert "PagerDuty, Jira and Opsgenie" in page


def test_what_is_written_goes_out_and_stands_on_the_page(client: Client, incident: Incident) -> None:
    answer = client.post(f"/incidents/{incident.pk}/updates/new/", form(incident), follow=True)
    assert answer.redirect_chain == [(f"/incidents/{incident.pk}/", 303)]
    assert "Update 2 goes to 1 target." in answer.content.decode()
    incident.refresh_from_db()
    assert incident.next_update_at == NOW + timedelta(minutes=30)
    assert "The cause is known." in client.get(f"/incidents/{incident.pk}/updates/").content.decode()


@pytest.mark.usefixtures("incident")
@pytest.mark.parametrize(
    ("channels", "said"),
    [
        ((), "Update 2 is written; the incident has no target to tell."),
        (("console",), "Update 2 is written, and nobody is told: no target of the incident is connected."),
        (("webhook", "console"), "Update 2 goes to 1 target. 1 more is not connected."),
        (("webhook", "slack", "console", "console"), "Update 2 goes to 2 targets. 2 more are not connected."),
    ],
)
def test_who_writes_hears_whether_it_leaves_the_console(
    client: Client, ada: User, channels: tuple[str, ...], said: str
) -> None:
    targets = [make_target(f"target {number}", channel).pk for number, channel in enumerate(channels)]
    incident = make_incident(severity=1, by=ada, targets=targets)
    answer = client.post(f"/incidents/{incident.pk}/updates/new/", form(incident), follow=True)
    assert [str(message) for message in answer.context["messages"]] == [said]


def test_the_second_of_two_keeps_the_text_and_reads_what_the_first_told(
    client: Client, incident: Incident, ada: User
) -> None:
    write_update(incident.pk, "Bob's words.", NOW, by=make_user("bob"))
    answer = client.post(f"/incidents/{incident.pk}/updates/new/", form(incident))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "bob told of it meanwhile (update 2)" in page
    assert "The cause is known.</textarea>" in page
    assert "Bob&#x27;s words." in page
    assert 'name="after" value="2"' in page, "sent again, it goes out"


def test_a_status_that_has_changed_is_told_and_the_text_kept(client: Client, incident: Incident, ada: User) -> None:
    change_status(incident.pk, "mitigated", NOW, by=ada)
    answer = client.post(f"/incidents/{incident.pk}/updates/new/", form(incident, after=9))
    assert answer.status_code == 409
    assert "The cause is known.</textarea>" in answer.content.decode()


@pytest.mark.parametrize(
    "values", [{"text": ""}, {"text": "x" * 2001}, {"next_minutes": "7"}, {"text": "a\0"}, {"text": "It was: ___."}]
)
def test_what_cannot_be_sent_is_said(client: Client, incident: Incident, values: dict[str, object]) -> None:
    assert client.post(f"/incidents/{incident.pk}/updates/new/", form(incident, **values)).status_code == 422
    assert incident.updates.count() == 1


def test_what_was_promised_and_did_not_come_is_overdue_on_the_page(
    client: Client, incident: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Update overdue" not in client.get(f"/incidents/{incident.pk}/").content.decode()
    monkeypatch.setattr(clock, "now", lambda: START + timedelta(minutes=30))
    assert "Update overdue" in client.get(f"/incidents/{incident.pk}/").content.decode()


def test_who_may_only_look_writes_none(client: Client, incident: Incident) -> None:
    client.force_login(make_viewer())
    assert client.get(f"/incidents/{incident.pk}/updates/").status_code == 200
    assert client.get(f"/incidents/{incident.pk}/updates/new/").status_code == 403
    assert "Write an update" not in client.get(f"/incidents/{incident.pk}/").content.decode()


def test_templates_come_once_and_stay_as_people_leave_them(incident: Incident) -> None:
    UpdateTemplate.objects.exclude(name="Resolved").delete()
    assert list(default_templates.load()) == []
    assert UpdateTemplate.objects.count() == 1
