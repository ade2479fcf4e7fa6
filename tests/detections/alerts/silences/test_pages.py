"""The pages of silences: from an alert in a few keys, with a preview, in the author's zone, by those who may."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.test import Client

from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.models import Alert
from detections.alerts.routing_models import NotificationPolicy
from detections.alerts.silences import acts
from detections.alerts.silences.draft import SilenceDraft
from detections.rules.lifecycle.mute import mute
from detections.rules.silence_models import Silence
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from tests.at_once import race
from tests.detections.alerts.factories import MINUTE, PREFIX, START, judge, make_rule, make_scope, make_user
from tests.detections.alerts.silences.makers import HOUR, make_silence
from tests.markup import folded
from tests.people import make_viewer

pytestmark = pytest.mark.usefixtures("notification_policies")
NOW = START + MINUTE
NEW, LIST = "/alerts/silences/new/", "/alerts/silences/"


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def responder() -> User:
    user = make_user("ada")
    user.time_zone = "America/New_York"
    user.save()
    user.user_permissions.add(Permission.objects.get(codename="change_alert"))
    return user


@pytest.fixture
def signed_in(client: Client, responder: User) -> Client:
    client.force_login(responder)
    return client


def alert_of(sign: str = "h", rule: str = "DET-BETA-003", group: str = PREFIX, **spec: Any) -> Alert:
    scope = make_scope(make_rule(rule, **spec), group)
    judge(scope, sign, 0)
    consume(NOW)
    return Alert.objects.get(scope=scope)


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return folded(answer.content.decode())


def write(client: Client, address: str = NEW, **values: Any) -> Any:
    fields = {"length": "30", "reason": "deploy", "rule": "DET-BETA-003", **values}
    return client.post(address, {name: value for name, value in fields.items() if value is not None})


def test_an_alert_is_silenced_from_its_page(signed_in: Client, responder: User) -> None:
    alert = alert_of()
    address = f"{NEW}?alert={alert.pk}"
    page = text(signed_in, f"/alerts/{alert.pk}/")
    assert f'href="{address}" data-key="s"' in page
    form = signed_in.get(address)
    fields = {key: form.context["form"][key].value() for key in ("rule", "project", "environment", "group", "severity")}
    assert fields == {
        "rule": "DET-BETA-003",
        "project": "raptor",
        "environment": "prod",
        "group": PREFIX,
        "severity": "medium, high",
    }
    answer = write(signed_in, address, **fields)
    assert (answer.status_code, answer["Location"]) == (303, f"/alerts/{alert.pk}/")
    silence = Silence.objects.get()
    assert (silence.starts_at, silence.ends_at) == (NOW, NOW + 30 * MINUTE)
    assert (silence.created_by, silence.created_by_name) == (responder, "ada")
    assert silence.matchers["severity"] == ["medium", "high"]
    page = text(signed_in, f"/alerts/{alert.pk}/")
    assert "Silenced" in page
    assert f"Silence {silence.pk} by ada" in page


@pytest.mark.parametrize(
    ("length", "end"),
    [
        ({"length": "120"}, NOW + 2 * HOUR),
        ({"length": "morning"}, datetime(2026, 6, 13, 13, tzinfo=UTC)),  # 9:00 in New York
        ({"length": "custom", "ends_at": "2026-06-12T18:30"}, datetime(2026, 6, 12, 22, 30, tzinfo=UTC)),
        ({"starts_at": "2026-06-12T18:00"}, datetime(2026, 6, 12, 22, 30, tzinfo=UTC)),
    ],
)
def test_lengths_are_of_the_authors_zone(signed_in: Client, length: dict[str, str], end: datetime) -> None:
    assert write(signed_in, **length).status_code == 303
    assert Silence.objects.get().ends_at == end


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"reason": ""}, "Say why, so that others know"),
        ({"length": "custom"}, "A silence has an end"),
        ({"length": "custom", "ends_at": "2026-06-12T09:00"}, "The end has passed."),
        ({"length": "custom", "ends_at": "9999-12-31T23:59"}, "At most 366 days"),
        ({"length": "custom", "ends_at": "0001-01-01T00:00"}, "The end has passed."),
        ({"starts_at": "0001-01-01T00:00"}, "It starts at most 366 days from now"),
        ({"starts_at": "9999-12-31T23:59", "length": "morning"}, "It starts at most 366 days from now"),
        ({"severity": "sev1"}, "is no severity"),
        ({"labels": "team"}, "Write labels as name=value"),
        ({"weekdays": ["0"], "window_start": "9"}, "Write hours and minutes as HH:MM"),
        ({"window_start": "09:00", "window_end": "10:00"}, "At least one day"),
        ({"weekdays": ["0"], "window_start": "09:00", "window_end": "10:00", "zone": "Mars"}, "is no IANA zone"),
        ({"reason": "x" * 301}, "at most 300 characters"),
    ],
)
def test_what_is_wrong_is_said(signed_in: Client, values: dict[str, Any], said: str) -> None:
    answer = write(signed_in, **values)
    assert answer.status_code == 422
    assert said in folded(answer.content.decode()).replace("&#x27;", "'")
    assert not Silence.objects.exists()


def test_one_that_hides_everything_asks_once(signed_in: Client) -> None:
    asked = write(signed_in, rule="*")
    assert (asked.status_code, Silence.objects.count()) == (422, 0)
    assert "Confirm that you mean it" in asked.content.decode()
    assert write(signed_in, rule="*", confirm_all="on").status_code == 303


def test_a_preview_says_what_it_would_hide_and_keeps_nothing(signed_in: Client) -> None:
    sources = {"sources": [{"source": "sentry"}]}
    for number, rule in enumerate(("DET-BETA-003", "DET-OPS-002", "DET-OPS-002")):
        alert_of(rule=rule, group=f"/api/{number}", group_by="route", selector=sources)
    for values, said in (
        ({"rule": "DET-*"}, "Hides 3 open alerts now, of 2 rules."),
        ({"rule": "", "group": "/api/1"}, "Hides 1 open alert now, of 1 rule."),
        ({"rule": "DET-BETA-003", "severity": "critical"}, "Hides 0 open alerts now"),
    ):
        page = folded(write(signed_in, "/alerts/silences/preview/", **values).content.decode())
        assert said in page
        assert said in folded(write(signed_in, preview="1", **values).content.decode())
    assert "Can hide alerts of DET-BETA-003" in page
    assert not Silence.objects.exists()


def test_fields_are_completed_by_what_there_is(signed_in: Client) -> None:
    alert = alert_of(labels={"team": "solver"})
    Alert.objects.filter(pk=alert.pk).update(tags=["of-a-policy-that-went"])
    NotificationPolicy.objects.filter(name="Critical").update(tags=["needs-triage"])
    page = text(signed_in, NEW)
    for value in (
        "DET-BETA-003",
        "beta",
        "raptor",
        "prod",
        PREFIX,
        "team=solver",
        "needs-triage",
        "of-a-policy-that-went",
        "America/New_York",
    ):
        assert f'<option value="{value}">' in page


def test_the_list_has_state_end_and_number_of_hidden_alerts(signed_in: Client) -> None:
    alert_of()
    make_silence(reason="one", matchers={"rule": ["DET-*"]}, ends_at=NOW + 10 * MINUTE)
    make_silence(reason="two", starts_at=NOW + HOUR, ends_at=NOW + 2 * HOUR)
    make_silence(reason="three", ends_at=NOW)
    make_silence(reason="four", weekdays=[5], window_start="09:00", window_end="10:00", zone="UTC", ends_at=NOW + HOUR)
    page = text(signed_in, LIST)
    assert [each in page for each in ("one", "two", "three", "Between its hours")] == [True, True, False, True]
    assert "in 10 min" in page
    rows = {row.silence.reason: row for row in signed_in.get(f"{LIST}?status=any").context["rows"]}
    assert [(rows[name].status, rows[name].hides) for name in ("one", "two", "three", "four")] == [
        ("active", 1),
        ("planned", 0),
        ("ended", 0),
        ("active", 0),
    ]


def test_the_list_takes_a_fixed_number_of_queries(signed_in: Client, django_assert_num_queries: Any) -> None:
    alert_of()
    queries = 9  # session, person, two of rights; silences, those in force, alerts, versions, places
    for _ in range(2):
        make_silence()
        with django_assert_num_queries(queries):
            signed_in.get(LIST)


def test_overview_and_inbox_count_what_is_hidden(signed_in: Client) -> None:
    alert_of()
    assert "hidden by" not in text(signed_in, "/")
    for _ in range(2):
        make_silence(ends_at=NOW + 10 * MINUTE)
    page = text(signed_in, "/")
    assert "1 alert hidden by 2 silences" in page
    assert "the first ends" in page
    assert page.count(">silenced<") == 1
    assert text(signed_in, "/alerts/").count(">silenced<") == 1


def test_shortly_before_its_end_the_alert_says_what_comes(signed_in: Client) -> None:
    alert = alert_of()
    make_silence(ends_at=NOW + 10 * MINUTE)
    page = text(signed_in, f"/alerts/{alert.pk}/")
    assert "in 10 min" in page
    assert "then its messages are sent, if it still fires" in page


def test_a_change_is_refused_where_another_was_first(signed_in: Client) -> None:
    silence = make_silence(matchers={"rule": ["DET-BETA-003"]})
    address = f"{LIST}{silence.pk}/"
    assert 'name="version" value="0"' in text(signed_in, address)
    values = {"length": "120", "version": "0", "starts_at": "2026-06-12T09:00"}
    assert write(signed_in, address, **values).status_code == 303
    silence.refresh_from_db()
    assert (silence.starts_at, silence.ends_at, silence.revision) == (START - HOUR, NOW + 2 * HOUR, 1)
    assert write(signed_in, address, **values).status_code == 409


def test_it_is_ended_and_only_once(signed_in: Client) -> None:
    silence = make_silence(starts_at=NOW + HOUR, ends_at=NOW + 2 * HOUR)
    for said in ("Ended.", "ada ended it already."):
        answer = signed_in.post(f"{LIST}{silence.pk}/end/", {"version": "0"}, follow=True)
        assert said in answer.content.decode()
    silence.refresh_from_db()
    assert (silence.starts_at, silence.ends_at, silence.ended_by_name) == (NOW, NOW, "ada")


def test_several_are_ended_together(signed_in: Client) -> None:
    rows = [f"{make_silence().pk}:0" for _ in range(2)]
    data = {"act": "end", "row": rows, "next": LIST}
    assert "End now" in signed_in.post(f"{LIST}bulk/", data).content.decode()
    signed_in.post(f"{LIST}bulk/", {**data, "confirmed": "1"})
    assert {silence.status(NOW) for silence in Silence.objects.all()} == {"ended"}


def test_of_a_mute_only_end_and_reason_change(signed_in: Client) -> None:
    rule = make_rule()
    silence = mute(rule, NOW, HOUR, reason="tuning")
    Silence.objects.update(starts_at=NOW - timedelta(days=400))
    page = text(signed_in, f"{LIST}{silence.pk}/")
    assert "It mutes DET-BETA-003" in page
    write(signed_in, f"{LIST}{silence.pk}/", rule="*", reason="longer", length="120")
    silence.refresh_from_db()
    assert (silence.matchers, silence.reason, silence.ends_at) == (
        {"rule": ["DET-BETA-003"]},
        "longer",
        NOW + 2 * HOUR,
    )


def test_viewers_see_and_do_not_act(client: Client) -> None:
    client.force_login(make_viewer())
    silence, alert = make_silence(), alert_of()
    assert "New silence" not in text(client, LIST)
    assert 'data-key="s"' not in text(client, f"/alerts/{alert.pk}/")
    for address in (NEW, f"{LIST}{silence.pk}/"):
        assert client.get(address).status_code == 403
    for address in (f"{LIST}{silence.pk}/end/", f"{LIST}bulk/", f"{LIST}preview/"):
        assert client.post(address).status_code == 403


def test_history_keeps_who_and_what(signed_in: Client) -> None:
    write(signed_in)
    silence = Silence.objects.get()
    signed_in.post(f"{LIST}{silence.pk}/end/")
    recorded = apps.get_model("detections", "SilenceEvent")._default_manager.filter(pgh_obj_id=silence.pk)
    assert list(recorded.order_by("pgh_id").values_list("ends_at", flat=True)) == [NOW + 30 * MINUTE, NOW]


@pytest.mark.django_db(transaction=True)
def test_of_four_who_end_it_at_once_one_does() -> None:
    silence, person = make_silence(), make_user()
    results = race(lambda number: acts.end(silence.pk, NOW, by=person, actor=f"person {number}", seen=0))
    assert sorted(type(result).__name__ for result in results) == ["Silence", *["SilenceConflict"] * 3]


def test_a_draft_is_kept_as_it_is_written() -> None:
    draft = SilenceDraft({"label:team": ("solver",)}, NOW, NOW + timedelta(days=3), " deploy ")
    made = acts.create(draft, NOW, by=make_user(), actor="ada")
    assert (made.matchers, made.reason, made.recurring) == ({"label:team": ["solver"]}, "deploy", False)
