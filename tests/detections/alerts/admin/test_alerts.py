"""The admin: policies, windows and targets with messages that say what is wrong; what happened cannot be edited."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from detections.alerts.admin.policy_forms import NotificationPolicyForm
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.models import Alert
from detections.alerts.routing_models import NotificationPolicy, Target, TimeWindow
from detections.rules.silence_models import Silence
from opsconsole.accounts.models import User
from tests.detections.alerts.admin.rows import matcher_rows
from tests.detections.alerts.factories import START, judge, make_scope

pytestmark = pytest.mark.usefixtures("notification_policies")
ADMIN = "/admin/detections"


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root", password=None))
    return client


def policy_form(**changed: Any) -> dict[str, Any]:
    target = Target.objects.get(name="SEV-1")
    form = {"order": 5, "name": "Beta", **matcher_rows(("category", "", "beta")), "targets": target.pk}
    return form | {"delivery": "immediate"} | changed


def errors(client: Client, address: str, form: dict[str, Any]) -> str:
    answer = client.post(f"{ADMIN}/{address}", form)
    assert answer.status_code == 200, "it was accepted"
    return answer.content.decode()


def test_a_policy_is_added(admin: Client) -> None:
    assert admin.post(f"{ADMIN}/notificationpolicy/add/", policy_form()).status_code == 302
    assert NotificationPolicy.objects.get(name="Beta").targets.get().name == "SEV-1"


def test_a_policy_keeps_its_timing_and_is_shown_with_it(admin: Client) -> None:
    window = TimeWindow.objects.get()
    form = policy_form(
        **matcher_rows(("label", "team", "solver")),
        tags="needs-triage",
        group_by="rule,label:team",
        group_wait="30s",
        group_interval="1h30m",
        repeat_interval="1d",
        mute_windows=window.pk,
        mute_critical="on",
    )
    assert admin.post(f"{ADMIN}/notificationpolicy/add/", form).status_code == 302
    policy = NotificationPolicy.objects.get(name="Beta")
    assert (policy.tags, policy.group_by) == (["needs-triage"], ["rule", "label:team"])
    assert (policy.group_wait, policy.group_interval) == (timedelta(seconds=30), timedelta(minutes=90))
    assert (policy.repeat_interval, policy.mute_critical) == (timedelta(days=1), True)
    assert list(policy.mute_windows.all()) == [window]
    html = admin.get(f"{ADMIN}/notificationpolicy/{policy.pk}/change/").content.decode()
    for shown in ('value="30s"', 'value="1h30m"', 'value="1d"', 'value="rule,label:team"', "SEV-1 and SEV-2"):
        assert shown in html, shown
    assert "wait 30s, interval 1h30m, repeat 1d" in admin.get(f"{ADMIN}/notificationpolicy/").content.decode()


def test_the_list_is_the_tree(admin: Client) -> None:
    parent = NotificationPolicy.objects.get(name="Critical")
    child = NotificationPolicy.objects.create(order=900, name="Beta", parent=parent, matchers={"category": ["beta"]})
    NotificationPolicy.objects.create(order=901, name="Prod", parent=child, matchers={"environment": ["prod"]})
    html = admin.get(f"{ADMIN}/notificationpolicy/").content.decode()
    places = [html.index(f">{name}</a>") for name in ("Critical", "— Beta", "— — Prod", "High, business hours")]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (matcher_rows(("colour", "", "red")), "is none of: rule, category"),
        (matcher_rows(("severity", "", "")), "Give the words."),
        (matcher_rows(("severity", "", " , ")), "needs a list of words"),
        (matcher_rows(("severity", "team", "high")), "Only a label has a name"),
        (matcher_rows(("label", "", "solver")), "Give the name of the label."),
        (matcher_rows(("rule", "", "A-1"), ("rule", "", "A-2")), "give all its words in one row"),
        ({"order": 2000}, "last policy at the top must match everything"),
        ({"outside_window": "on"}, "Outside of which window?"),
        (matcher_rows(("severity", "", "SEV-1")), "is no severity; allowed: medium, high, critical"),
        ({"group_wait": "30"}, "Write a number with a unit, s, m, h or d: 30s"),
        ({"group_wait": "2h", "group_interval": "3h"}, "From 1s to 1h."),
        ({"group_wait": "30s"}, "How long after a message may the next one of the group go?"),
        ({"group_by": "rule"}, "How long does the first message wait for others?"),
        ({"group_by": "colour", "group_wait": "30s", "group_interval": "5m"}, "is no key; allowed: rule, category"),
        ({"repeat_interval": "1s"}, "From 5m to 7d."),
        ({"repeat_interval": "4h", "delivery": "summary"}, "The daily summary has a time of its own"),
    ],
)
def test_a_policy_that_cannot_be_used_is_refused_with_its_reason(
    admin: Client, changed: dict[str, Any], said: str
) -> None:
    assert said in errors(admin, "notificationpolicy/add/", policy_form(**changed))
    assert NotificationPolicy.objects.count() == 5


def test_the_catch_all_can_be_neither_narrowed_nor_deleted(admin: Client) -> None:
    last = NotificationPolicy.objects.get(order=1000)
    form = policy_form(order=1000, name=last.name, **matcher_rows(("severity", "", "high")))
    assert "must match everything" in errors(admin, f"notificationpolicy/{last.pk}/change/", form)
    assert admin.post(f"{ADMIN}/notificationpolicy/{last.pk}/delete/", {"post": "yes"}).status_code == 403
    critical = NotificationPolicy.objects.get(order=10)
    assert admin.post(f"{ADMIN}/notificationpolicy/{critical.pk}/delete/", {"post": "yes"}).status_code == 302
    assert list(NotificationPolicy.objects.values_list("order", flat=True)) == [20, 30, 40, 1000]


def test_the_parent_of_the_catch_all_cannot_become_its_own_ancestor(admin: Client) -> None:
    critical = NotificationPolicy.objects.get(order=10)
    form = policy_form(order=10, name="Critical", parent=critical.pk)
    assert "its own ancestor" in errors(admin, f"notificationpolicy/{critical.pk}/change/", form)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"zone": "Mars/Olympus"}, "is no IANA zone"),
        ({"weekdays": "7"}, "0 is Monday"),
        ({"start": "9:00"}, "HH:MM"),
        ({"end": "09:00"}, "for a whole day write 00:00 to 24:00"),
        ({"holidays": "tomorrow"}, "Enter a valid date"),
    ],
)
def test_a_window_that_cannot_be_used_is_refused_with_its_reason(
    admin: Client, changed: dict[str, Any], said: str
) -> None:
    form = {"name": "Evenings", "zone": "Europe/Berlin", "weekdays": "0,1", "start": "09:00", "end": "24:00"}
    assert said in errors(admin, "timewindow/add/", form | changed)
    assert admin.post(f"{ADMIN}/timewindow/add/", form | {"holidays": "2026-12-24,2026-12-31"}).status_code == 302
    assert len(TimeWindow.objects.get(name="Evenings").holidays) == 2


def test_alerts_and_messages_are_only_looked_at(admin: Client) -> None:
    judge(make_scope(), "c", 0)
    consume(START)
    alert = Alert.objects.get()
    page = admin.get(f"{ADMIN}/alert/{alert.pk}/change/")
    assert page.status_code == 200
    assert b'name="_save"' not in page.content
    assert admin.post(f"{ADMIN}/alert/{alert.pk}/change/", {"severity": 1}).status_code == 403
    assert admin.get(f"{ADMIN}/alert/add/").status_code == 403
    assert f'href="/alerts/{alert.pk}/"' in admin.get(f"{ADMIN}/alert/").content.decode()
    delivery = alert.deliveries.get()
    assert admin.get(f"{ADMIN}/delivery/{delivery.pk}/change/").status_code == 200


@pytest.mark.parametrize(
    "model", ["alert", "delivery", "notificationpolicy", "target", "timewindow", "scopesuppression"]
)
def test_every_list_opens(admin: Client, model: str) -> None:
    judge(make_scope(), "c", 0)
    consume(START)
    assert admin.get(f"{ADMIN}/{model}/").status_code == 200


@pytest.mark.parametrize("word", ["a\x00", "\ud800"], ids=["nul", "surrogate"])
def test_matchers_that_cannot_be_stored_are_refused_at_the_field(admin: Client, word: str) -> None:
    form = NotificationPolicyForm(policy_form(**matcher_rows(("label", "team", word))))
    assert form.errors["matchers"]


def test_matchers_are_rows_that_keep_what_stands_in_them(admin: Client) -> None:
    matchers = {
        "severity": ["critical", "high"],
        "group": ["/a,b", "/c"],
        "label:team": ["solver, web"],
        "label:tier": ["1", "a,b"],
    }
    policy = NotificationPolicy.objects.create(order=5, name="Beta", matchers=matchers)
    shown = NotificationPolicyForm(instance=policy)["matchers"].value()
    assert shown[0] == {"key": "severity", "name": "", "words": "critical, high"}
    form = policy_form(**matcher_rows(*(tuple(row.values()) for row in shown)))
    unchanged = NotificationPolicyForm(form | {"targets": [form["targets"]]}, instance=policy)
    assert "matchers" not in unchanged.changed_data
    assert admin.post(f"{ADMIN}/notificationpolicy/{policy.pk}/change/", form).status_code == 302
    policy.refresh_from_db()
    assert policy.matchers == matchers


def test_a_policy_whose_last_matcher_is_removed_takes_everything(admin: Client) -> None:
    form = policy_form(**matcher_rows(("severity", "", "high")) | {"matchers-0-DELETE": "on"})
    assert admin.post(f"{ADMIN}/notificationpolicy/add/", form).status_code == 302
    assert NotificationPolicy.objects.get(name="Beta").matchers == {}


def test_silences_say_in_words_what_they_hide(admin: Client) -> None:
    silence = Silence.objects.create(
        matchers={"severity": ["high", "medium"], "label:team": ["solver"]},
        reason="Known",
        starts_at=START,
        ends_at=START + timedelta(hours=1),
        created_at=START,
    )
    for address in (f"{ADMIN}/silence/", f"{ADMIN}/silence/{silence.pk}/change/"):
        assert "severity high or medium, and label team solver" in admin.get(address).content.decode()
