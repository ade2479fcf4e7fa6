"""The page of an alert and the page with the choice: who has it, who is told next, and the acts by HTTP."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from detections.alerts.escalation.models import EscalationPolicy, EscalationStep, OwnerTarget
from detections.alerts.handling.acknowledge import acknowledge
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.handling.escalate import escalate
from detections.alerts.handling.hand_over import add_responder, hand_over
from detections.alerts.handling.resolve import resolve
from detections.alerts.models import Alert
from detections.alerts.routing_models import NotificationPolicy, Target
from opsconsole.accounts.models import Owner, User
from tests.detections.alerts.factories import MINUTE, START, edit_rule, judge, make_scope, make_user
from tests.markup import folded
from tests.people import make_viewer

pytestmark = pytest.mark.usefixtures("notification_policies")
NOW = START + MINUTE
LOGIN = 2
STEPS = [
    {"owner": "sre-agent"},
    {"owner": "security-agent", "when": "input looks hostile"},
    {"owner": "owner of the system", "when": "nobody knows the value"},
]


@pytest.fixture
def ada(client: Client) -> Client:
    user = make_user("ada")
    user.user_permissions.add(Permission.objects.get(codename="change_alert"))
    client.force_login(user)
    return client


def firing() -> Alert:
    rule = edit_rule("DET-BETA-003", escalation=STEPS).rule
    judge(make_scope(rule), "c", 0)
    for name in ("sre-agent", "security-agent"):
        Owner.objects.get_or_create(name=name)
    consume(NOW)
    return Alert.objects.get()


def reached(name: str, address: str = "pager") -> Owner:
    owner, _ = Owner.objects.get_or_create(name=name)
    target, _ = Target.objects.get_or_create(name=address, defaults={"address": address})
    OwnerTarget.objects.get_or_create(owner=owner, target=target)
    return owner


def escalating() -> None:
    policy = EscalationPolicy.objects.create(name="Two steps")
    for number, minutes in ((1, 5), (2, 10)):
        step = EscalationStep.objects.create(policy=policy, number=number, wait_minutes=minutes)
        step.owners.set([reached("sre-agent")])
    NotificationPolicy.objects.filter(name="Critical").update(escalation=policy)


def page_of(client: Client, alert: Alert) -> str:
    return folded(client.get(f"/alerts/{alert.pk}/").content.decode())


def test_the_owners_of_the_rule_stand_first_with_their_conditions(ada: Client) -> None:
    alert = firing()
    reached("sre-agent")
    html = page_of(ada, alert)
    assert "Hand it to sre-agent</button>" in html
    assert "Hand it to security-agent</button>" in html
    assert "Input looks hostile" in html
    assert html.index("Hand it to sre-agent</button>") < html.index("Hand it to security-agent</button>")
    assert "Hand it to owner of the system</button>" not in html
    assert "Nobody is bound to this name." in html
    assert html.count("Nobody can be told: no target is bound to it.") == 1  # security-agent
    assert "/admin/" not in html.partition('id="next"')[2].partition("</section>")[0]


def test_staff_get_a_link_to_bind_a_name(admin_client: Client) -> None:
    html = page_of(admin_client, firing())
    assert '<a href="/admin/accounts/owner/add/?name=owner+of+the+system">Bind owner of the system</a>' in html
    sre = Owner.objects.get(name="sre-agent")
    assert f'<a href="/admin/accounts/owner/{sre.pk}/change/">Bind sre-agent</a>' in html


def test_whoever_may_not_act_gets_no_button(client: Client) -> None:
    client.force_login(make_viewer())
    alert = firing()
    html = page_of(client, alert)
    assert "sre-agent" in html
    assert "Hand it to sre-agent</button>" not in html
    assert f"/alerts/{alert.pk}/hand-over/" not in html
    assert client.get(f"/alerts/{alert.pk}/hand-over/").status_code == 403


def test_the_page_says_the_next_step_and_when(ada: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    escalating()
    alert = firing()
    # As many as without an escalation (`test_pages.py` names them): the alert itself, silences, series of the scope;
    # before it opened: releases, versions, modes and mutes of the rule, freezes.
    queries = LOGIN + 13 + 2 + 5
    with time_machine.travel(NOW + timedelta(minutes=2), tick=False), django_assert_num_queries(queries):
        html = page_of(ada, alert)
    assert "Step 1 of 2 at" in html
    assert "14:06:00 UTC" in html
    assert "in 3 min" in html
    assert "tells sre-agent; stops when somebody acknowledges." in html
    assert "“Two steps”" in html


def test_the_page_says_what_became_of_it(ada: Client) -> None:
    escalating()
    alert = firing()
    escalate(NOW + 5 * MINUTE)
    acknowledge(alert.pk, make_user("bob"), NOW + 6 * MINUTE)
    html = page_of(ada, alert)
    assert "Stopped: bob acknowledged it. Step 2 of 2 follows when that runs out: tells sre-agent." in html
    assert "Step 1 of 2: tells sre-agent" in html  # the log


def test_the_card_says_who_acknowledged_it(ada: Client) -> None:
    alert = firing()
    assert "<dt>Acknowledged by</dt>" not in page_of(ada, alert)
    acknowledge(alert.pk, make_user("bob"), NOW)
    card = page_of(ada, alert).partition('id="who-has-it"')[2].partition("</section>")[0]
    assert "<dt>Acknowledged by</dt> <dd>bob</dd> <dt>Handed to</dt> <dd> Nobody </dd>" in card


def test_policies_that_did_not_match_are_folded(ada: Client) -> None:
    alert = firing()
    why = page_of(ada, alert).partition('id="why"')[2].partition("</section>")[0]
    shown, _, folded_away = why.partition('<details class="disclosure" id="not-matched">')
    assert "✓" in shown
    assert "✗" not in shown
    assert "✓" not in folded_away


def test_the_last_wait_of_an_escalation_says_what_ends_it(ada: Client) -> None:
    escalating()
    alert = firing()
    escalate(NOW + 5 * MINUTE)
    escalate(NOW + 15 * MINUTE)
    assert "All steps are done. Unless somebody acknowledges, it ends at" in page_of(ada, alert)


def test_an_escalation_that_reaches_nobody_says_so(ada: Client) -> None:
    escalating()
    OwnerTarget.objects.all().delete()
    html = page_of(ada, firing())
    assert "sre-agent: Nobody can be told: no target is bound to it." in html


def test_a_button_hands_it_over_and_the_page_says_to_whom(ada: Client) -> None:
    alert = firing()
    reached("sre-agent")
    form = {"to": "sre-agent", "version": alert.revision}
    answer = ada.post(f"/alerts/{alert.pk}/hand-over/", form, headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Trigger"]) == (204, "poll")
    html = page_of(ada, alert)
    assert "Handed over to sre-agent." in html
    assert "It is handed over to sre-agent." in html
    assert "Hand it to sre-agent</button>" not in html
    listed = folded(ada.get("/alerts/").content.decode())
    assert "handed over to sre-agent" in listed


def test_where_nobody_can_be_told_the_answer_says_so(ada: Client) -> None:
    alert = firing()
    ada.post(f"/alerts/{alert.pk}/hand-over/", {"to": "sre-agent", "version": alert.revision})
    html = page_of(ada, alert)
    assert "Handed over to sre-agent. Nobody could be told: no target is bound to sre-agent." in html
    assert Alert.objects.get().assignee == Owner.objects.get(name="sre-agent")


def test_the_second_person_is_told(ada: Client) -> None:
    alert = firing()
    hand_over(alert.pk, make_user("bob"), NOW, to=reached("sre-agent"))
    answer = ada.post(f"/alerts/{alert.pk}/hand-over/", {"to": "security-agent", "version": alert.revision})
    assert answer.status_code == 409
    assert "is handed over to sre-agent" in answer.content.decode()


def test_the_choice_has_owners_and_people_in_a_fixed_number_of_queries(
    ada: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    alert = firing()
    reached("sre-agent")
    Owner.objects.filter(name="security-agent").update(description="Called where input looks hostile")
    eve = make_user("eve")
    eve.user_permissions.add(Permission.objects.get(codename="change_alert"))
    make_viewer("vera")
    Owner.objects.create(name="ada", user=User.objects.get(username="ada"))
    with django_assert_num_queries(LOGIN + 5):  # permissions of user and groups, alert, owners, people
        html = folded(ada.get(f"/alerts/{alert.pk}/hand-over/").content.decode())
    assert '<option value="sre-agent">sre-agent</option>' in html
    hostile = "security-agent, cannot be told (note: Called where input looks hostile)"
    assert f'<option value="security-agent">{hostile}</option>' in html
    assert '<option value="eve">eve</option>' in html
    assert html.count('<option value="ada">') == 1
    assert "vera" not in html


@pytest.mark.parametrize(("name", "said"), [("", "Choose an owner or a person."), ("nobody", "no person")])
@pytest.mark.parametrize("act", ["hand-over", "responders", "responders/stop"])
def test_a_name_that_nobody_has_is_refused(ada: Client, act: str, name: str, said: str) -> None:
    alert = firing()
    answer = ada.post(f"/alerts/{alert.pk}/{act}/", {"to": name})
    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_it_can_be_handed_to_a_person(ada: Client) -> None:
    alert = firing()
    make_user("eve")
    assert ada.post(f"/alerts/{alert.pk}/hand-over/", {"to": "eve", "version": alert.revision}).status_code == 303
    assert Alert.objects.get().assignee == Owner.objects.get(name="eve", user__username="eve")


def test_whoever_it_was_handed_to_can_take_it_from_the_one_who_acknowledged(ada: Client) -> None:
    alert, bob = firing(), make_user("bob")
    acknowledge(alert.pk, bob, NOW)
    button = f'action="/alerts/{alert.pk}/acknowledge/"'
    assert button not in page_of(ada, alert)
    hand_over(alert.pk, bob, NOW, to=Owner.objects.create(name="ada", user=User.objects.get(username="ada")))
    html = page_of(ada, alert)
    assert "It is handed over to you: acknowledge it, to take it from bob." in html
    assert button in html
    alert.refresh_from_db()
    ada.post(f"/alerts/{alert.pk}/acknowledge/", {"version": alert.revision})
    assert "Acknowledged by ada" in page_of(ada, alert)


def test_a_responder_is_called_and_called_off(ada: Client) -> None:
    alert = firing()
    reached("security-agent")
    ada.post(f"/alerts/{alert.pk}/responders/", {"to": "security-agent", "version": alert.revision})
    html = page_of(ada, alert)
    assert "Asked security-agent for help." in html
    assert "Call off</button>" in html
    ada.post(f"/alerts/{alert.pk}/responders/stop/", {"to": "security-agent"})
    html = page_of(ada, alert)
    assert "Called off security-agent." in html
    assert "Call off</button>" not in html


def test_what_is_over_has_nothing_to_hand_over(ada: Client) -> None:
    alert = firing()
    add_responder(alert.pk, make_user("bob"), NOW, to=reached("sre-agent"))
    resolve(alert.pk, make_user("eve"), NOW)
    assert "Hand it to" not in page_of(ada, alert)
    assert "there is nothing to hand over" in ada.get(f"/alerts/{alert.pk}/hand-over/").content.decode()
    assert ada.post(f"/alerts/{alert.pk}/hand-over/", {"to": "sre-agent"}).status_code == 409


@pytest.mark.parametrize("act", ["hand-over", "responders", "responders/stop"])
def test_an_unknown_alert_is_404(ada: Client, act: str) -> None:
    reached("sre-agent")
    assert ada.post(f"/alerts/999999/{act}/", {"to": "sre-agent"}).status_code == 404
    assert ada.post(f"/alerts/999999/{act}/", {"to": ""}).status_code == 404


def test_names_of_owners_are_escaped(ada: Client) -> None:
    alert = firing()
    hand_over(alert.pk, make_user("bob"), NOW, to=Owner.objects.create(name="<script>alert(1)</script>"))
    for address in (f"/alerts/{alert.pk}/", f"/alerts/{alert.pk}/hand-over/", "/alerts/"):
        html = ada.get(address).content.decode()
        assert "<script>alert(1)" not in html
        assert "&lt;script&gt;alert(1)" in html
