"""The list of alerts: sorts, pages, remarks, and acknowledging several at once."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from detections.alerts.handling.acknowledge import acknowledge
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.handling.resolve import resolve
from detections.alerts.models import Alert, AlertLog
from detections.alerts.queries import open_alerts
from opsconsole.accounts.models import Owner, User
from tests.detections.alerts.factories import START, judge, make_rule, make_scope, make_user
from tests.people import make_viewer

pytestmark = pytest.mark.usefixtures("notification_policies")
NOW = START + timedelta(minutes=1)
LOGIN = 2  # session and user


@pytest.fixture
def responder() -> User:
    user = make_user("ada")
    user.user_permissions.add(Permission.objects.get(codename="change_alert"))
    return user


@pytest.fixture
def signed_in(client: Client, responder: User) -> Client:
    client.force_login(responder)
    return client


def burning(count: int) -> list[Alert]:
    """Alerts that fire, by route. Five of a rule in one environment are a storm, so there are several projects."""
    rule = make_rule()
    for number in range(count):
        judge(make_scope(rule, f"/route/{number:03}/*", f"project-{number // 4}"), "mhc"[number % 3], 0)
    consume(NOW)
    return list(Alert.objects.order_by("group_key"))


def shown(client: Client, address: str) -> list[str]:
    return [alert.group_key for alert in client.get(address).context["rows"]]


def choose(*alerts: Alert) -> list[str]:
    return [f"{alert.pk}:{alert.revision}" for alert in alerts]


def send(client: Client, *alerts: Alert, **more: Any) -> Any:
    data = {"act": "acknowledge", "row": choose(*alerts), "next": "/alerts/?severity=high", **more}
    return client.post("/alerts/bulk/", data)


def messages(client: Client) -> list[str]:
    return [str(message) for message in client.get("/alerts/").context["messages"]]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("", "/route/002/*"),  # nobody has it, critical
        ("sort=severity", "/route/002/*"),
        ("sort=-severity", "/route/000/*"),
        ("sort=opened", "/route/002/*"),  # opened together: the last row
        ("sort=-opened", "/route/000/*"),
        ("sort=odd", "/route/002/*"),
        ("condition=any", "/route/002/*"),
        ("condition=any&sort=-opened", "/route/000/*"),
    ],
)
def test_sorts(signed_in: Client, query: str, first: str) -> None:
    burning(3)
    assert shown(signed_in, f"/alerts/?{query}")[0] == first


@pytest.mark.slow
@pytest.mark.parametrize("query", ["", "sort=-severity", "condition=any", "condition=firing&sort=opened"])
def test_pages_hold_every_alert_once(
    signed_in: Client, query: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    every = burning(53)
    # rights of user and groups, the alerts' keys, alerts, their number, silences in force, rules, projects, who has any
    with django_assert_num_queries(LOGIN + 9):
        first = signed_in.get(f"/alerts/?{query}")
    html = " ".join(first.content.decode().split())
    assert "50 of 53" in html
    following = shown(signed_in, f"/alerts/{first.context['page'].next}")
    assert sorted([alert.group_key for alert in first.context["rows"]] + following) == [a.group_key for a in every]
    back = signed_in.get(f"/alerts/{first.context['page'].next}").context["page"].previous
    assert shown(signed_in, f"/alerts/{back}") == [alert.group_key for alert in first.context["rows"]]


@pytest.mark.parametrize("query", ["", "sort=-severity", "sort=need"])
def test_among_equal_severity_what_stands_for_many_comes_first_and_is_one_line(
    signed_in: Client, responder: User, query: str
) -> None:
    rule = make_rule()
    for number in range(18 + 22 + 22):
        judge(make_scope(rule, f"/route/{number:03}/*", f"project-{(number + 4) // 22}"), "h", 0)
    judge(make_scope(rule, "/late/*", "project-3"), "h", 1)
    consume(NOW)
    acknowledge(Alert.objects.get(group_key="/route/000/*").pk, responder, NOW)
    first = signed_in.get(f"/alerts/?{query}").context
    rows = first["rows"][::-1] if query == "sort=-severity" else first["rows"]
    assert [row.grouped.group.size for row in rows] == [21, 21, 1, 18]
    assert rows[-1].group_key == "/route/000/*"  # somebody has it
    lines = open_alerts(3)
    assert (lines.rows, lines.total, lines.unacknowledged, lines.more) == (rows[:3], 4, 3, 1)
    assert len({other.pk for row in rows for other in row.others} | {row.pk for row in rows}) == 61


def test_a_group_is_a_line_where_any_of_it_matches(signed_in: Client) -> None:
    """A narrower rule's alert leads; the wider one's is found by its rule too, on the same line."""
    judge(make_scope(make_rule("DET-OPS-002"), "/api/beta/preview/x", "raptor"), "h", 0)
    judge(make_scope(make_rule("DET-BETA-003", parent="DET-OPS-002"), project="raptor"), "c", 0)
    consume(NOW)
    for query in ("", "rule=DET-OPS-002", "rule=DET-BETA-003", "severity=high", "condition=firing"):
        assert shown(signed_in, f"/alerts/?{query}") == ["/api/beta/preview/*"], query
    assert "and 1 more" in signed_in.get("/alerts/").content.decode()
    assert len(shown(signed_in, "/alerts/?condition=any")) == 2
    assert "told with" in signed_in.get("/alerts/?condition=any").content.decode()


@pytest.mark.parametrize(
    ("query", "remark"),
    [
        ("condition=nonsense", "Status “nonsense” was not understood and left out; there are: open, firing,"),
        ("rule=DET-OTHER", "Rule “DET-OTHER” is not among those here (DET-BETA-003)."),
        ("colour=red", "“colour” is not a filter of this list and was left out; there are: condition, handling,"),
        ("sort=severity&condition=any", "Sort “severity” is not offered here and was left out; there are: opened,"),
        ("after=nonsense", "“after” is no place in this list"),
    ],
)
def test_what_was_not_understood_is_said(signed_in: Client, query: str, remark: str) -> None:
    burning(1)
    assert remark in signed_in.get(f"/alerts/?{query}").content.decode()
    assert "message-list" not in signed_in.get("/alerts/?condition=firing&rule=DET-BETA-003").content.decode()


def test_what_matches_nothing_leads_back(signed_in: Client) -> None:
    burning(1)
    html = signed_in.get("/alerts/?rule=DET-OTHER&sort=opened").content.decode()
    assert "No alert matches" in html
    assert 'href="?sort=opened">Clear the filters</a>' in html


def test_an_acknowledged_critical_comes_before_a_high_that_nobody_has(signed_in: Client, responder: User) -> None:
    alerts = burning(6)
    acknowledge(alerts[2].pk, responder, NOW)
    critical = [alerts[5].group_key, alerts[2].group_key]
    assert shown(signed_in, "/alerts/")[:2] == critical
    assert shown(signed_in, "/alerts/?sort=need")[-1] == alerts[2].group_key


def test_headings_say_how_the_list_is_sorted(signed_in: Client) -> None:
    burning(1)
    html = signed_in.get("/alerts/?sort=-severity").content.decode()
    assert html.count("aria-sort=") == 1
    assert 'aria-sort="ascending"' in html
    assert 'href="/alerts/">Severity</a>' in html
    assert 'href="?sort=need">Acknowledged by</a>' in html


def test_several_are_acknowledged_at_once(signed_in: Client, responder: User) -> None:
    alerts = burning(3)
    answer = send(signed_in, *alerts[:2])
    assert (answer.status_code, answer["Location"]) == (303, "/alerts/?severity=high")
    assert messages(signed_in) == ["Acknowledge: 2 alerts done."]
    assert list(Alert.objects.filter(acknowledged_by=responder).order_by("group_key")) == alerts[:2]
    assert AlertLog.objects.filter(kind="acknowledged", actor=responder, alert__in=alerts[:2]).count() == 2


def test_each_that_somebody_else_has_or_that_changed_or_is_over_is_refused_with_the_reason(
    signed_in: Client, responder: User
) -> None:
    mine, theirs, changed, over, gone = burning(5)
    acknowledge(theirs.pk, make_user("bob"), NOW)
    Alert.objects.filter(pk=changed.pk).update(revision=changed.revision + 1)
    resolve(over.pk, make_user("eve"), NOW)
    missing = f"{gone.pk + 1000}:1"
    answer = signed_in.post(
        "/alerts/bulk/", {"act": "acknowledge", "row": [*choose(mine, theirs, changed, over), missing]}
    )
    assert (answer.status_code, answer["Location"]) == (303, "/alerts/")
    done, refused = messages(signed_in)
    assert done == "Acknowledge: 1 alert done."
    assert refused.startswith("Acknowledge: 4 alerts refused.")
    assert "DET-BETA-003 on /route/001/*: bob acknowledged it first." in refused
    assert "DET-BETA-003 on /route/002/*: It changed since you saw it" in refused
    assert "DET-BETA-003 on /route/003/*: It is already over" in refused
    assert f"number {gone.pk + 1000}: it is no longer there" in refused
    assert list(Alert.objects.filter(acknowledged_by=responder)) == [mine]


def test_a_revision_that_is_none_is_refused(signed_in: Client) -> None:
    [alert] = burning(1)
    signed_in.post("/alerts/bulk/", {"act": "acknowledge", "row": f"{alert.pk}:nonsense"})
    assert "1 alert refused" in messages(signed_in)[0]


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({"act": "delete", "row": "1:1"}, 422),
        ({"act": "acknowledge", "row": "nonsense"}, 422),
        ({"act": "acknowledge"}, 303),
        ({"act": "acknowledge", "next": "https://evil.example/"}, 303),
    ],
)
def test_what_a_form_may_not_say(signed_in: Client, data: dict[str, str], status: int) -> None:
    answer = signed_in.post("/alerts/bulk/", data)
    assert answer.status_code == status
    if status == 303:
        assert answer["Location"] == "/alerts/"
        assert messages(signed_in) == ["Nothing was selected: tick the alerts first."]


def test_who_may_not_act_chooses_nothing_and_gets_403(client: Client) -> None:
    [alert] = burning(1)
    client.force_login(make_viewer())
    html = client.get("/alerts/").content.decode()
    assert 'type="checkbox" name="row"' not in " ".join(html.split())
    assert "/alerts/bulk/" not in html
    assert send(client, alert).status_code == 403
    assert client.get("/alerts/bulk/").status_code == 405
    alert.refresh_from_db()
    assert alert.acknowledged_by is None


def test_a_form_of_another_site_does_nothing(responder: User) -> None:
    [alert] = burning(1)
    client = Client(enforce_csrf_checks=True)
    client.force_login(responder)
    assert send(client, alert).status_code == 403
    alert.refresh_from_db()
    assert alert.acknowledged_by is None


def test_what_is_over_is_chosen_to_be_judged_and_what_never_fired_is_not(signed_in: Client) -> None:
    first, second, third = burning(3)
    resolve(first.pk, make_user("eve"), NOW)
    Alert.objects.filter(pk=third.pk).update(status="inactive", dedup_key=None, resolved_at=NOW)
    html = signed_in.get("/alerts/?condition=any").content.decode()
    assert f'value="{second.pk}:{second.revision}"' in html
    assert f'aria-label="Choose {second}"' in html
    assert f'value="{first.pk}:' in html
    assert f'value="{third.pk}:' not in html


@pytest.mark.parametrize(
    ("query", "offered"),
    [
        ("", {"acknowledge"}),
        ("condition=firing", {"acknowledge"}),
        ("condition=resolved", {"true_positive", "false_positive", "expected"}),
        ("condition=any", {"acknowledge", "true_positive", "false_positive", "expected"}),
        ("condition=inactive", {"true_positive", "false_positive", "expected"}),
    ],
)
def test_bulk_actions_fit_what_is_shown(signed_in: Client, query: str, offered: set[str]) -> None:
    burning(1)
    assert {action.name for action in signed_in.get(f"/alerts/?{query}").context["listing"].actions} == offered


def test_several_are_judged_at_once_and_a_false_positive_is_asked_why(signed_in: Client) -> None:
    alerts = burning(3)
    for alert in alerts[:2]:
        resolve(alert.pk, make_user(), NOW)
    alerts = list(Alert.objects.order_by("group_key"))
    asked = send(signed_in, *alerts, act="false_positive")
    assert asked.status_code == 200
    assert 'name="why"' in asked.content.decode()
    assert set(Alert.objects.values_list("disposition", flat=True)) == {""}
    send(signed_in, *alerts, act="false_positive", confirmed="1", why="a load test")
    assert list(Alert.objects.order_by("group_key").values_list("disposition", "disposition_why")) == [
        ("false_positive", "a load test"),
        ("false_positive", "a load test"),
        ("", ""),
    ]
    done, refused = messages(signed_in)
    assert done == "False positive: 2 alerts done."
    assert "Only a resolved alert can be judged; it is firing." in refused
    send(signed_in, *Alert.objects.filter(disposition="false_positive"), act="false_positive", confirmed="1", why=" ")
    assert "say why it was a false positive" in messages(signed_in)[0]


def test_what_recovers_stands_apart(signed_in: Client) -> None:
    alerts = burning(3)
    judge(alerts[2].scope, ".", 1)
    consume(NOW + timedelta(minutes=1))
    keys = [alerts[1].group_key, alerts[0].group_key, alerts[2].group_key]  # the critical one recovers
    for query in ("", "sort=need"):
        page = signed_in.get(f"/alerts/?{query}").context
        assert [row.group_key for row in page["rows"]] == keys
        assert [label for label, _ in page["groups"]] == ["Firing", "Recovering"]
    assert [label for label, _ in signed_in.get("/alerts/?sort=-severity").context["groups"]] == [
        "Recovering",
        "Firing",
    ]
    assert signed_in.get("/alerts/?sort=opened").context["groups"] == []
    assert [row.group_key for row in open_alerts().rows] == keys


def test_filters_of_labels_people_and_dispositions(signed_in: Client, responder: User) -> None:
    mine, theirs, nobodys = burning(3)
    judge(make_scope(make_rule("DET-OPS-002", labels={"team": "payments"}), "/pay/*"), "h", 0)
    consume(NOW)
    acknowledge(mine.pk, responder, NOW)
    acknowledge(theirs.pk, make_user("bob"), NOW)
    assigned = Alert.objects.get(group_key="/pay/*")
    Alert.objects.filter(pk=assigned.pk).update(assignee=Owner.objects.create(name="ada-at-work", user=responder))
    found = {
        "label=team%3Dpayments": {"/pay/*"},
        "label=team%3Dother": set(),
        "responder=me": {mine.group_key, "/pay/*"},
        "responder=bob": {theirs.group_key},
        "responder=nobody": {nobodys.group_key},
    }
    for query, keys in found.items():
        assert set(shown(signed_in, f"/alerts/?{query}")) == keys, query
    html = signed_in.get("/alerts/").content.decode()
    assert '<option value="team=payments">' in html
    assert '<option value="bob">' in html
    resolve(nobodys.pk, responder, NOW)
    assert shown(signed_in, "/alerts/?condition=resolved&disposition=unjudged") == [nobodys.group_key]
    assert shown(signed_in, "/alerts/?condition=resolved&disposition=expected") == []


def test_saved_views_are_addresses(signed_in: Client) -> None:
    burning(1)
    views = signed_in.get("/alerts/?handling=unacknowledged").context["views"]
    assert [label for label, _, shown_now in views if shown_now] == ["Unacknowledged"]
    for _, address, _ in views:
        assert "message-list" not in signed_in.get(address).content.decode(), address


def test_a_row_silences_by_an_icon_that_has_a_name(signed_in: Client) -> None:
    (alert,) = burning(1)
    (link,) = re.findall(r"<a[^>]*/silences/new/[^>]*>.*?</a>", signed_in.get("/alerts/").content.decode(), re.DOTALL)
    assert "button-icon" in link
    assert "<kbd" not in link
    assert f">Silence {alert}</span>" in link
