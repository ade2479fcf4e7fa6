"""What a resolved alert was: set, changed with trace, refused with a reason, and counted for its rule."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from detections.alerts.handling.acknowledge import Conflict
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.handling.disposition import DispositionError, set_disposition
from detections.alerts.handling.resolve import resolve
from detections.alerts.models import Alert
from detections.rules.queries import JUDGED_WITHIN, JudgedAlerts, judged_alerts
from opsconsole.accounts.models import User
from tests.detections.alerts.factories import MINUTE, START, judge, make_rule, make_scope, make_user
from tests.people import make_viewer

pytestmark = pytest.mark.usefixtures("notification_policies")
NOW = START + MINUTE


@pytest.fixture
def ada() -> User:
    user = make_user("ada")
    user.user_permissions.add(Permission.objects.get(codename="change_alert"))
    return user


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def firing(group_key: str = "/a/*", **rule: Any) -> Alert:
    judge(make_scope(make_rule(**rule), group_key), "h", 0)
    consume(NOW)
    return Alert.objects.latest("pk")


@pytest.fixture
def resolved() -> Alert:
    return resolve(firing().pk, make_user("bob"), NOW)


def test_it_is_set_and_changed_with_a_trace(resolved: Alert, ada: User) -> None:
    set_disposition(resolved.pk, ada, NOW, disposition="true_positive", seen=resolved.revision)
    bot = {"actor": "ada (deploy bot)"}
    set_disposition(resolved.pk, ada, NOW + MINUTE, disposition="false_positive", why=" a  load test ", **bot)
    resolved.refresh_from_db()
    assert (resolved.disposition, resolved.disposition_why) == ("false_positive", "a load test")
    rows = resolved.log.filter(kind="disposition").values_list("at", "actor", "actor_name", "old", "new", "why")
    assert list(rows) == [
        (NOW, ada.pk, "ada", "", "true_positive", ""),
        (NOW + MINUTE, ada.pk, "ada (deploy bot)", "true_positive", "false_positive", "a load test"),
    ]
    taken_back = set_disposition(resolved.pk, ada, NOW, disposition="")
    assert (taken_back.disposition, taken_back.disposition_why) == ("", "")


def test_the_same_again_changes_nothing(resolved: Alert, ada: User) -> None:
    first = set_disposition(resolved.pk, ada, NOW, disposition="expected", seen=resolved.revision)
    again = set_disposition(resolved.pk, ada, NOW, disposition="expected", seen=resolved.revision)
    assert (first.changed, again.changed, again.revision) == (True, False, first.revision)
    assert resolved.log.filter(kind="disposition").count() == 1


def test_who_saw_an_older_judgment_is_told(resolved: Alert, ada: User) -> None:
    set_disposition(resolved.pk, ada, NOW, disposition="expected", seen=resolved.revision)
    with pytest.raises(Conflict, match="changed since you saw it"):
        set_disposition(resolved.pk, ada, NOW, disposition="true_positive", seen=resolved.revision)


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"disposition": "noise"}, "disposition: one of true_positive, false_positive, expected"),
        ({"disposition": "false_positive"}, "why: say why"),
        ({"disposition": "false_positive", "why": " \n "}, "why: say why"),
        ({"disposition": "expected", "why": "x" * 301}, "why: at most 300"),
        ({"disposition": "expected", "why": "a\0b"}, "why: without NUL"),
    ],
)
def test_what_is_not_understood_is_refused(resolved: Alert, ada: User, given: dict[str, str], wrong: str) -> None:
    with pytest.raises(DispositionError, match=wrong):
        set_disposition(resolved.pk, ada, NOW, **given)
    assert not resolved.log.filter(kind="disposition").exists()


def test_what_is_open_is_not_judged(ada: User) -> None:
    with pytest.raises(Conflict, match="Only a resolved alert can be judged; it is firing"):
        set_disposition(firing().pk, ada, NOW, disposition="expected")


def test_the_page_asks_shows_and_refuses(signed_in: Client, resolved: Alert) -> None:
    address = f"/alerts/{resolved.pk}/disposition/"
    assert f'action="{address}"' in signed_in.get(f"/alerts/{resolved.pk}/").content.decode()
    refused = signed_in.post(address, {"disposition": "false_positive", "version": resolved.revision})
    assert refused.status_code == 422
    assert "Not saved. why: say why" in refused.content.decode()
    data = {"disposition": "false_positive", "why": "a load test", "version": resolved.revision}
    assert signed_in.post(address, data).status_code == 303
    html = " ".join(signed_in.get(f"/alerts/{resolved.pk}/").content.decode().split())
    assert "<strong>False positive</strong>: a load test" in html
    assert "by ada" in html
    assert signed_in.post(address, {**data, "disposition": "expected"}).status_code == 409
    assert signed_in.post("/alerts/999999/disposition/", data).status_code == 404


def test_who_may_not_act_sees_no_form_and_gets_403(client: Client, resolved: Alert) -> None:
    client.force_login(make_viewer())
    address = f"/alerts/{resolved.pk}/disposition/"
    assert address not in client.get(f"/alerts/{resolved.pk}/").content.decode()
    assert client.post(address, {"disposition": "expected"}).status_code == 403


def test_an_open_alert_has_no_form(signed_in: Client) -> None:
    assert "What was it?" not in signed_in.get(f"/alerts/{firing().pk}/").content.decode()


def test_the_rules_page_counts_false_positives_of_thirty_days(signed_in: Client, ada: User) -> None:
    rule = make_rule(expected_false_positives_per_week=2)
    for number, disposition in enumerate(["false_positive", "true_positive", "expected", "", "false_positive"]):
        judge(make_scope(rule, f"/r/{number}"), "h", 0)
        consume(NOW)
        alert = resolve(Alert.objects.latest("pk").pk, ada, NOW)
        set_disposition(alert.pk, ada, NOW, disposition=disposition, why="x")
    Alert.objects.filter(pk=alert.pk).update(opened_at=NOW - JUDGED_WITHIN - timedelta(seconds=1))
    other = resolve(firing("/other", identifier="DET-OTHER").pk, ada, NOW)
    set_disposition(other.pk, ada, NOW, disposition="false_positive", why="x")
    assert judged_alerts(rule, NOW) == JudgedAlerts(total=3, false=1)
    Alert.objects.filter(rule=rule).exclude(pk=alert.pk).update(opened_at="2999-01-01T00:00Z")
    html = " ".join(signed_in.get(f"/rules/{rule.identifier}/").content.decode().split())
    assert "1 of 3 judged alerts false in 30 days; 2.0 a week expected" in html
    empty = " ".join(signed_in.get(f"/rules/{make_rule('DET-NEW').identifier}/").content.decode().split())
    assert "no alert judged in 30 days;" in empty


def test_a_reason_is_kept_without_secrets(resolved: Alert, ada: User) -> None:
    why = "load test, password=hunter22"
    set_disposition(resolved.pk, ada, NOW, disposition="false_positive", why=why)
    resolved.refresh_from_db()
    assert resolved.disposition_why == "load test, password=[Filtered]"
    assert resolved.log.get(kind="disposition").why == "load test, password=[Filtered]"
    revision = resolved.revision
    assert set_disposition(resolved.pk, ada, NOW, disposition="false_positive", why=why).revision == revision
