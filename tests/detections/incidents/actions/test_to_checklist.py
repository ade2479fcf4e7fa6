"""An action item made an item of a checklist: both link to each other, and a run that has it done says so."""

from __future__ import annotations

import pytest
from django.test import Client

from bootstrap.checklists.audit.append import ActRequest
from bootstrap.checklists.models import ChecklistVersion, Item, Run, Section
from bootstrap.checklists.signing.sign import sign
from bootstrap.systems.models import Environment
from detections.incidents.action_models import ActionInChecklist, ActionItem
from detections.incidents.actions.to_checklist import words_for
from opsconsole.accounts import tokens
from opsconsole.accounts.models import ApiToken, User
from tests.bootstrap.people import client_of
from tests.detections.alerts.factories import MINUTE, START
from tests.detections.incidents.factories import make_incident
from tests.markup import folded

pytestmark = pytest.mark.django_db
TEXT = "# Mailer\n\n- System: Mailer\n\n## Setup checklist\n\n- [ ] Create the account\n\n## Words\n\nNothing.\n"


@pytest.fixture
def ada() -> Client:
    client = client_of("ada", "add_runbookversion", "add_signoff", "add_run")
    client.post("/runbooks/import/", {"text": TEXT, "save": "1"})
    return client


@pytest.fixture
def writer(ada: Client) -> Client:
    """Ada's token."""
    _, text = tokens.create(User.objects.get(username="ada"), "ci", ApiToken.Scope.WRITE)
    return Client(headers={"Authorization": f"Bearer {text}"})


@pytest.fixture
def action() -> ActionItem:
    made: ActionItem = make_incident().actions.create(text="Alert on the age", created_at=START, created_by="ada")
    return made


def to_checklist(client: Client, action: ActionItem) -> int:
    sent = {"section": str(Section.objects.latest("pk").pk), "text": action.text}
    return client.post(f"/incidents/actions/{action.pk}/checklist/", sent).status_code


def test_it_becomes_an_item_of_a_new_version_with_a_link_back(ada: Client, action: ActionItem) -> None:
    assert "Alert on the age" in ada.get(f"/incidents/actions/{action.pk}/checklist/").content.decode()
    assert to_checklist(ada, action) == 303
    item = Item.objects.get(key="alert-on-the-age")
    assert f"([INC-{action.incident_id}](" in item.text
    assert f"/incidents/{action.incident_id}/#action-{action.pk})" in item.text
    place = ActionInChecklist.objects.select_related("version").get()
    assert (place.key, place.version.number, place.version_id) == ("alert-on-the-age", 2, item.section.version_id)
    page = folded(ada.get(f"/incidents/{action.incident_id}/").content.decode())
    assert 'as <span class="mono">alert-on-the-age</span>' in page
    assert "made the item alert-on-the-age of Setup checklist v2" in page


def test_it_is_added_once(ada: Client, action: ActionItem) -> None:
    assert [to_checklist(ada, action) for _ in range(2)] == [303, 422]
    assert ChecklistVersion.objects.count() == 2


def test_a_run_that_has_it_done_says_so_and_closes_nothing(ada: Client, action: ActionItem) -> None:
    to_checklist(ada, action)
    version = ChecklistVersion.objects.get(number=2)
    environment = Environment.objects.create(system=version.checklist.system, slug="prod", name="Production")
    run = Run.objects.create(version=version, environment=environment)
    item = Item.objects.get(section__version=version, key="alert-on-the-age")
    page = f"/incidents/{action.incident_id}/"
    assert "done there" not in ada.get(page).content.decode()
    sign(ActRequest(run, item, User.objects.get(username="ada"), START + MINUTE))
    shown = folded(ada.get(page).content.decode())
    assert "done there" in shown
    assert run.get_absolute_url() in shown
    action.refresh_from_db()
    assert action.status == ActionItem.Status.OPEN


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- [ ] Alert on it", "Alert on it"),
        ("1. ☐ Alert on it", "Alert on it"),
        ("[x] Alert on it", "Alert on it"),
        ("*Alert* [x] on it", "*Alert* [x] on it"),
        ("[Runbook](https://example.com) is read", "[Runbook](https://example.com) is read"),
        ("3 replicas", "3 replicas"),
        ("☐", "☐"),
    ],
)
def test_marks_of_a_list_are_no_words_of_the_item(text: str, said: str) -> None:
    words = words_for(ActionItem(pk=7, incident_id=3, text=text))
    assert words.startswith(f"{said} ([INC-3](")
    assert words.endswith("/incidents/3/#action-7))")


def test_over_the_api_a_second_time_and_a_wrong_name_are_told(ada: Client, action: ActionItem, writer: Client) -> None:
    address = f"/api/v1/incidents/{action.incident_id}/actions/{action.pk}/checklist/"
    place = {"checklist": ChecklistVersion.objects.get().checklist.slug, "section": Section.objects.get().slug}

    def sent(**words: str) -> tuple[int, str]:
        answer = writer.post(address, {**place, **words}, content_type="application/json")
        return answer.status_code, answer.json().get("detail", "")

    status, said = sent(section="nowhere")
    assert (status, place["section"] in said) == (404, True)
    status, said = sent(checklist="nothing")
    assert (status, place["checklist"] in said) == (404, True)
    assert [sent(**{name: "a\0"})[0] for name in ("checklist", "section", "text")] == [422] * 3
    assert sent()[0] == 200
    assert sent() == (409, "It is the item alert-on-the-age of Setup checklist v2 already.")
    assert ChecklistVersion.objects.count() == 2


def test_who_may_not_import_is_refused(ada: Client, action: ActionItem) -> None:
    guest = client_of("guest", "view_runbook")
    assert to_checklist(guest, action) == 403
    assert f"/actions/{action.pk}/checklist/" not in guest.get(f"/incidents/{action.incident_id}/").content.decode()
