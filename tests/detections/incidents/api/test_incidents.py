"""Incidents over the API: a program declares, notes, tells and closes as a person does, within its owner's rights."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from detections.alerts.delivery_models import Delivery
from detections.alerts.models import Alert
from detections.incidents.models import Incident
from opsconsole.accounts import tokens
from opsconsole.accounts.models import ApiToken, User
from opsconsole.lib import clock
from tests.detections.alerts.factories import make_user
from tests.detections.incidents.factories import START, make_alert, make_incident, make_levels
from tests.detections.incidents.updates.makers import make_owner, make_target

pytestmark = pytest.mark.usefixtures("notification_policies")
NOW = START + timedelta(hours=1)
PATH = "/api/v1/incidents/"
MAY = ("add_incident", "change_incident", "command_incident", "close_incident", "change_alert")
JSON = "application/json"


@pytest.fixture(autouse=True)
def noon(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    make_levels()


@pytest.fixture
def ada() -> User:
    user = make_user("ada")
    user.user_permissions.set(Permission.objects.filter(codename__in=MAY))
    return user


@pytest.fixture
def api(ada: User) -> Client:
    return Client(headers={"Authorization": f"Bearer {tokens.create(ada, 'bot', ApiToken.Scope.WRITE)[1]}"})


def post(api: Client, path: str, expected: int = 200, /, **body: Any) -> dict[str, Any]:
    answer = api.post(f"{PATH}{path}", body, content_type=JSON)
    assert answer.status_code == expected, answer.content
    said: dict[str, Any] = answer.json()
    assert expected < 400 or said["status"] == expected
    return said


def get(api: Client, path: str = "") -> dict[str, Any]:
    answer = api.get(f"{PATH}{path}")
    assert answer.status_code == 200, answer.content
    said: dict[str, Any] = answer.json()
    return said


def test_from_its_declaration_to_its_end(api: Client) -> None:
    make_target("ops")
    made = post(api, "", 201, title="Orders fail", severity=1, targets=["ops"], started_at=START.isoformat())
    number = made["id"]
    assert (made["name"], made["status"], made["commander"]) == (f"INC-{number}", "open", "ada")
    assert made["declared_by"] == "ada (token bot)"
    assert datetime.fromisoformat(made["next_update_at"]) == NOW + timedelta(minutes=30)
    note = post(api, f"{number}/notes/", 201, text="We look at it.", at=START.isoformat())
    assert (note["kind"], note["actor"], note["mark"]) == ("note", "ada (token bot)", "")
    update = post(api, f"{number}/updates/", 201, text="The cause is known.")
    assert [each["target"] for each in update["messages"]] == ["ops"]
    assert datetime.fromisoformat(update["next_update_at"]) == NOW + timedelta(minutes=30)
    assert post(api, f"{number}/severity/", severity=2, why="fewer people")["severity"] == 2
    item = post(api, f"{number}/actions/", 201, text="Alarm on it", owner="ada", due="2026-07-01")
    assert (item["owner"], item["due"], item["status"]) == ("ada", "2026-07-01", "open")
    assert post(api, f"{number}/actions/{item['id']}/done/")["ended_by"] == "ada (token bot)"
    assert post(api, f"{number}/status/", status="resolved")["status"] == "postmortem"
    done = post(api, f"{number}/close/", why="nothing to learn")
    assert (done["status"], done["closed_why"], done["changed"]) == ("closed", "nothing to learn", True)
    assert [each["number"] for each in get(api, f"{number}/updates/")["items"]] == [5, 4, 3, 2, 1]
    assert get(api, f"{number}/timeline/?show=notes")["items"] == [note]
    assert len(get(api, f"{number}/actions/")["items"]) == 1


def test_declared_again_by_its_key_it_is_the_first_one(api: Client) -> None:
    first = post(api, "", 201, title="Orders fail", client_key="pager-12")
    again = post(api, "", 200, title="Orders fail still", client_key="pager-12")
    assert (again["id"], again["title"], again["changed"]) == (first["id"], "Orders fail", False)
    assert Incident.objects.count() == 1
    other = make_user("bob")
    other.user_permissions.set(Permission.objects.filter(codename__in=MAY))
    bobs = Client(headers={"Authorization": f"Bearer {tokens.create(other, 'bot', ApiToken.Scope.WRITE)[1]}"})
    assert post(bobs, "", 201, title="Mine", client_key="pager-12")["id"] != first["id"]


def test_from_alerts_it_is_filled_in(api: Client) -> None:
    alerts = [make_alert(), make_alert(START + timedelta(minutes=5))]
    made = post(api, "", 201, alerts=[alert.pk for alert in alerts])
    assert made["severity"] == 1, "as critical as they are"
    assert made["alerts"] == sorted(alert.pk for alert in alerts)
    assert made["places"] == ["raptor/prod"]
    assert datetime.fromisoformat(made["started_at"]) == START


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "title: "),
        ({"title": "x", "severity": 6}, "severity: 1 (the worst) to 5"),
        ({"title": "x" * 201}, "title: at most 200"),
        ({"title": "a\0"}, "title: "),
        ({"title": "x", "alerts": [1]}, "alerts: there is no alert 1."),
        ({"title": "x", "alerts": [-1]}, "alerts: there is no alert -1."),
        ({"title": "x", "alerts": [10**30]}, "alerts"),
        ({"title": "x", "places": ["raptor/moon"]}, "places: there is none called 'raptor/moon'."),
        ({"title": "x", "targets": ["a\0"]}, "targets: there is none called"),
        ({"title": "x", "commander": "nobody"}, "commander: there is no owner and no user 'nobody'"),
        ({"title": "x", "commander": "a\0"}, "commander"),
        ({"title": "x", "started_at": "2099-01-01T00:00:00Z"}, "started_at: not in the future"),
        ({"title": "x", "started_at": "2026-06-12T14:00:00"}, "started_at"),
        ({"title": "x", "client_key": "k" * 201}, "client_key: at most 200"),
    ],
)
def test_what_cannot_be_declared_is_said(api: Client, body: dict[str, Any], said: str) -> None:
    assert said in post(api, "", 422, **body)["detail"]
    assert not Incident.objects.exists()


def test_the_list_is_filtered_and_paged_with_a_constant_number_of_queries(api: Client, ada: User) -> None:
    incidents = [make_incident(f"Number {n}", 1 + n % 2, NOW + timedelta(minutes=n), by=ada) for n in range(5)]
    names = [each["title"] for each in get(api)["items"]]
    assert names == [f"Number {n}" for n in (4, 3, 2, 1, 0)], "newest first"
    page = get(api, "?limit=2")
    assert [each["title"] for each in page["items"]] == ["Number 4", "Number 3"]
    assert [each["title"] for each in api.get(page["next"]).json()["items"]] == ["Number 2", "Number 1", "Number 0"][:2]
    assert {each["severity"] for each in get(api, "?severity=2")["items"]} == {2}
    assert [each["id"] for each in get(api, "?q=Number+3")["items"]] == [incidents[3].pk]
    assert get(api, "?status=closed")["items"] == []
    assert len(get(api, "?status=current&commander=")["items"]) == 5
    with CaptureQueriesContext(connection) as few:
        get(api, "?limit=1")
    with CaptureQueriesContext(connection) as many:
        get(api, "?limit=5")
    assert len(few) == len(many)


@pytest.mark.parametrize("query", ["status=new", "severity=6", "limit=0", "cursor=x", "q=%00"])
def test_filters_that_are_not_understood_are_refused(api: Client, query: str) -> None:
    assert api.get(f"{PATH}?{query}").status_code == 422


def test_who_hands_over_to_whom_is_told(api: Client, ada: User) -> None:
    incident = make_incident(by=ada)
    make_owner("sre", make_target("sre"))
    assert post(api, f"{incident.pk}/hand_over/?to=sre")["told"]
    again = post(api, f"{incident.pk}/hand_over/?to=sre")
    assert (again["changed"], again["commander"]) == (False, "sre")
    assert Delivery.objects.filter(kind="incident_due").count() == 1
    assert "no owner" in post(api, f"{incident.pk}/hand_over/?to=nobody", 422)["detail"]
    assert post(api, f"{incident.pk}/hand_over/", 422)["detail"] == "to: required."


def test_what_has_changed_since_is_answered_with_what_is_so(api: Client, ada: User) -> None:
    incident = make_incident(by=ada)
    seen = incident.revision
    post(api, f"{incident.pk}/status/?revision={seen}", status="mitigated")
    said = post(api, f"{incident.pk}/severity/?revision={seen}", 409, severity=1, why="worse")
    assert said["incident"]["revision"] == seen + 1
    assert "ada" in said["detail"]
    assert (
        post(api, f"{incident.pk}/updates/?revision={seen}", 409, text="It is open.")["incident"]["id"] == incident.pk
    )


def test_closing_judges_the_alerts_in_the_same_act(api: Client, ada: User) -> None:
    over = NOW - timedelta(minutes=5)
    alerts = [make_alert(resolved_at=over) for _ in range(3)]
    incident = make_incident(severity=3, by=ada, alerts=[alert.pk for alert in alerts])
    post(api, f"{incident.pk}/close/", 409)
    post(api, f"{incident.pk}/status/", status="resolved")
    one = [{"alert": alerts[1].pk, "disposition": "false_positive"}]
    assert "why" in post(api, f"{incident.pk}/close/", 422, disposition="true_positive", judgments=one)["detail"]
    assert not Alert.objects.exclude(disposition="").exists(), "all or nothing"
    one[0]["why"] = "a test"
    post(api, f"{incident.pk}/close/", disposition="true_positive", judgments=one)
    found = Alert.objects.order_by("pk").values_list("disposition", flat=True)
    assert list(found) == ["true_positive", "false_positive", "true_positive"]


def test_closing_does_nothing_else_that_its_owner_may_not(api: Client, ada: User) -> None:
    alert = make_alert(resolved_at=NOW)
    incident = make_incident(severity=3, by=ada, started_at=START, alerts=[alert.pk])
    post(api, f"{incident.pk}/status/", status="resolved")
    assert "may not leave" in post(api, f"{incident.pk}/close/", 403, leave_out=True)["detail"]
    ada.user_permissions.remove(Permission.objects.get(codename="change_alert"))
    assert "may not say" in post(api, f"{incident.pk}/close/", 403, disposition="expected")["detail"]
    assert post(api, f"{incident.pk}/close/")["status"] == "closed"


def test_a_closed_one_is_changed_by_whom_may_and_by_nobody_else(api: Client, ada: User) -> None:
    incident = make_incident(severity=3, by=ada)
    Incident.objects.filter(pk=incident.pk).update(status="closed", resolved_at=NOW, closed_at=NOW)
    for path, body in (
        ("notes", {"text": "x"}),
        ("updates", {"text": "x"}),
        ("severity", {"severity": 1, "why": "w"}),
        ("actions", {"text": "x"}),
    ):
        assert "is closed" in post(api, f"{incident.pk}/{path}/", 403, **body)["detail"]
    ada.user_permissions.add(Permission.objects.get(codename="edit_closed_incident"))
    assert post(api, f"{incident.pk}/notes/", 201, text="x")["text"] == "x"
    assert post(api, f"{incident.pk}/status/", status="open", why="again")["status"] == "open"


def test_action_items_are_done_dropped_and_opened_again(api: Client, ada: User) -> None:
    incident, other = make_incident(by=ada), make_incident(by=ada)
    item = post(api, f"{incident.pk}/actions/", 201, text="Alarm on it")
    path = f"{incident.pk}/actions/{item['id']}"
    assert "why" in post(api, f"{path}/drop/", 422)["detail"]
    assert post(api, f"{path}/drop/", why="not needed")["status"] == "dropped"
    assert "dropped it" in post(api, f"{path}/done/", 409)["detail"]
    assert post(api, f"{path}/reopen/")["status"] == "open"
    assert post(api, f"{other.pk}/actions/{item['id']}/done/", 404)["detail"]
    assert post(api, f"{incident.pk}/actions/", 422, text="x", due="soon")["detail"].startswith("due: ")


def test_items_of_a_closed_incident_are_worked_off_by_who_may_change_incidents(api: Client, ada: User) -> None:
    incident = make_incident(severity=3, by=ada)
    path = f"{incident.pk}/actions/{post(api, f'{incident.pk}/actions/', 201, text='Alarm on it')['id']}"
    Incident.objects.filter(pk=incident.pk).update(status="closed", resolved_at=NOW, closed_at=NOW)
    assert post(api, f"{path}/done/")["status"] == "done"
    assert post(api, f"{path}/reopen/")["status"] == "open"
    assert post(api, f"{path}/drop/", why="too dear")["status"] == "dropped"
    said = [(line.text, line.actor_name) for line in incident.timeline.order_by("-id")[:3]]
    assert said == [
        ("Action item dropped: Alarm on it (too dear)", "ada (token bot)"),
        ("Action item open again: Alarm on it", "ada (token bot)"),
        ("Action item done: Alarm on it", "ada (token bot)"),
    ]
    ada.user_permissions.remove(Permission.objects.get(codename="change_incident"))
    assert "may not" in post(api, f"{path}/reopen/", 403)["detail"]
    assert "999999" in post(api, f"999999/actions/{path.rpartition('/')[2]}/done/", 404)["detail"]


def test_a_promise_can_be_made_or_left(api: Client, ada: User) -> None:
    incident = make_incident(severity=1, by=ada)
    path = f"{incident.pk}/updates/"
    assert post(api, path, 201, text="x", next_update_at=None)["next_update_at"] is None
    later = (NOW + timedelta(hours=3)).isoformat()
    said = post(api, path, 201, text="x", next_update_at=later)["next_update_at"]
    assert datetime.fromisoformat(said) == NOW + timedelta(hours=3)
    assert "after now" in post(api, path, 422, text="x", next_update_at=NOW.isoformat())["detail"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("status", {"status": "x"}),
        ("status", {"status": "closed"}),
        ("status", {}),
        ("severity", {"severity": 0, "why": "w"}),
        ("severity", {"severity": 1}),
        ("severity", {}),
        ("notes", {"text": ""}),
        ("notes", {}),
        ("notes", {"text": "a\0"}),
        ("notes", {"text": "x", "at": "2099-01-01T00:00:00Z"}),
        ("updates", {"text": "x" * 2001}),
        ("updates", {}),
        ("actions", {"text": ""}),
        ("actions", {}),
        ("actions", {"text": "x", "owner": "nobody"}),
    ],
)
def test_what_is_not_understood_is_said_and_what_is_not_there_is_404(
    api: Client, ada: User, path: str, body: dict[str, Any]
) -> None:
    incident = make_incident(by=ada)
    assert post(api, f"{incident.pk}/{path}/", 422, **body)["detail"]
    assert post(api, f"{incident.pk + 1}/{path}/", 404, **body)["detail"] == f"No incident {incident.pk + 1}."


def test_the_timeline_is_paged_with_marks(api: Client, ada: User) -> None:
    incident = make_incident(by=ada)
    for number in range(3):
        post(api, f"{incident.pk}/notes/", 201, text=f"Note {number}")
    page = get(api, f"{incident.pk}/timeline/?limit=2")
    assert [each["text"] for each in page["items"]] == ["Note 2", "Note 1"]
    rest = api.get(page["next"]).json()["items"]
    assert rest[0]["text"] == "Note 0"
    assert get(api, f"{incident.pk}/timeline/?show=important")["items"][-1]["mark"] == "important"


def test_an_alert_of_an_incident_is_declared_again_only_on_purpose(api: Client) -> None:
    alert = make_alert()
    first = post(api, "", 201, alerts=[alert.pk], client_key="k1")
    assert post(api, "", 200, alerts=[alert.pk], client_key="k1")["id"] == first["id"]
    refused = post(api, "", 409, alerts=[alert.pk])
    assert refused["incident"]["id"] == first["id"]
    assert refused["detail"].startswith(f"Not declared: it is already in {first['name']}")
    assert post(api, "", 201, alerts=[alert.pk], another=True)["id"] != first["id"]


def test_a_commander_who_is_named_is_told(api: Client) -> None:
    make_owner("sre", make_target("sre"))
    made = post(api, "", 201, title="Orders fail", commander="sre")
    assert made["told"]
    assert Delivery.objects.filter(target__name="sre").count() == 1


BODIES = {
    "": {"title": "Orders fail"},
    "{}/status/": {"status": "mitigated"},
    "{}/severity/": {"severity": 1, "why": "more people"},
    "{}/close/": {"why": "a drill"},
    "{}/notes/": {"text": "We look at it."},
    "{}/updates/": {"text": "The cause is known."},
    "{}/actions/": {"text": "Alarm on it"},
}


@pytest.mark.parametrize("path", BODIES)
def test_a_field_that_an_act_does_not_have_is_refused(api: Client, path: str) -> None:
    """Misspelled, it would be passed over, and the act done without it."""
    incident = make_incident()
    said = post(api, path.format(incident.pk), 422, **BODIES[path], whyy="x")
    assert said["detail"].endswith("whyy: there is no such field")
    assert Incident.objects.get().revision == incident.revision
    nested = post(api, f"{incident.pk}/close/", 422, judgments=[{"alert": 1, "disposition": "", "reason": "x"}])
    assert nested["detail"].endswith("reason: there is no such field")


def test_who_may_close_may_close_again_and_reopen_as_on_the_page(api: Client, ada: User) -> None:
    incident = make_incident(severity=3)
    post(api, f"{incident.pk}/status/", status="resolved")
    assert post(api, f"{incident.pk}/close/")["changed"]
    again = post(api, f"{incident.pk}/close/")  # the answer was lost, and the script asks once more
    assert (again["status"], again["changed"]) == ("closed", False)
    assert "why" in post(api, f"{incident.pk}/status/", 422, status="open")["detail"]
    assert post(api, f"{incident.pk}/status/", status="open", why="it came back")["status"] == "open"
    post(api, f"{incident.pk}/status/", status="resolved")
    post(api, f"{incident.pk}/close/")
    ada.user_permissions.remove(Permission.objects.get(codename="close_incident"))
    post(api, f"{incident.pk}/status/", 403, status="open", why="it came back")
    post(api, f"{incident.pk}/close/", 403)


@pytest.mark.parametrize("moment", [1749736800, "1749736800", 1749736800.5])
def test_a_number_is_no_time(api: Client, moment: object) -> None:
    """Of seconds or milliseconds it would be guessed."""
    body = {"title": "Orders fail", "severity": 3, "started_at": moment}
    answer = api.post(PATH, body, JSON)
    assert answer.status_code == 422
    assert "a time is text such as 2026-06-12T14:00:00Z" in answer.json()["detail"]
    assert not Incident.objects.exists()
